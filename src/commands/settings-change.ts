import { isSameInstance, type Settings } from '../settings/settings.ts';

/** How settings differ from those before them, as far as it shows in pull secrets that are there already. */
export interface SettingsChange {
  /** Keys of instances whose entries have changed. */
  readonly instances: readonly string[];
  readonly isEmailChanged: boolean;
  /** Whether the controller may keep instances that are not in the settings: refused entries leave theirs. */
  readonly mayKeepMore: boolean;
}

/** `before`: undefined where it is not known what was in force. */
export function settingsChange(
  before: Settings | undefined,
  after: Settings,
  mayKeepMore: boolean,
): SettingsChange {
  if (before === undefined) return { instances: [], isEmailChanged: false, mayKeepMore };
  const former = new Map(before.instances.map((instance) => [instance.key, instance]));
  const changed = after.instances.filter((instance) => {
    const known = former.get(instance.key);
    return known !== undefined && !isSameInstance(known, instance);
  });
  return {
    instances: changed.map(({ key }) => key).toSorted(),
    isEmailChanged: before.notifyEmail !== after.notifyEmail,
    mayKeepMore,
  };
}
