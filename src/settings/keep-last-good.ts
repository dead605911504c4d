import type { SettingsReading } from './read-settings.ts';
import type { RefusedEntry } from './registry-info.ts';
import type { Instance, Settings } from './settings.ts';

/**
 * The settings in force after a reading: a mistake in the configuration takes no login away that was served
 * before it. Undefined where there has never been anything to serve.
 *
 * A refused or blank configuration changes nothing. Beside a refused entry, the valid ones hold, and so do
 * the last good instances that the refused entry may be about: where it cannot be made out, all of them.
 */
export function keepLastGood(reading: SettingsReading, lastGood: Settings | undefined): Settings | undefined {
  switch (reading.kind) {
    case 'refused':
      return lastGood;
    case 'read': {
      const { settings, isBlank, refusedEntries } = reading;
      if (lastGood === undefined) return settings;
      if (isBlank) return lastGood;
      const replaced = new Set(settings.instances.map(({ key }) => key));
      const kept = lastGood.instances.filter(
        (instance) =>
          !replaced.has(instance.key) && refusedEntries.some((refused) => mayBeAbout(refused, instance)),
      );
      return { ...settings, instances: [...settings.instances, ...kept] };
    }
  }
}

function mayBeAbout({ editions }: RefusedEntry, { edition }: Instance): boolean {
  return editions === undefined || editions.some((each) => idOf(each) === idOf(edition));
}

function idOf(edition: Instance['edition']): string {
  return edition.kind === 'enterprise' ? edition.instanceId : '';
}
