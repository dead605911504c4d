import { unquoted } from './comma-list.ts';
import { defaults } from './defaults.ts';
import { readDuration } from './duration.ts';
import { nearestName } from './nearest-name.ts';
import { quote, type SettingsProblem } from './problem.ts';
import { namespaceRules, readSelection, serviceAccountRules } from './read-selection.ts';
import { readRegistryInfo, type RefusedEntry } from './registry-info.ts';
import type { Ruling } from './ruling.ts';
import { consoleNames, dataKeys, decisiveKeys, type DataKey } from './schema.ts';
import type { Settings } from './settings.ts';
import { readRrsa, readWebhook } from './switches.ts';
import { noticeOnSystemNamespaces } from './system-namespaces.ts';

export type SettingsReading =
  | {
      readonly kind: 'read';
      readonly settings: Settings;
      /** Whether nothing at all was written, so that all of it is defaults. */
      readonly isBlank: boolean;
      /** What was refused; the rest is in `settings`. */
      readonly problems: readonly SettingsProblem[];
      readonly refusedEntries: readonly RefusedEntry[];
      /** What was accepted, but should be written differently or has no effect. */
      readonly notices: readonly string[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly SettingsProblem[] };

/** Reads the data of the ConfigMap `acr-configuration`. Never throws; shows no access key in what it says. */
export function readSettings(data: Readonly<Record<string, string>>): SettingsReading {
  const text = (key: DataKey) => (Object.hasOwn(data, key) ? (data[key] ?? '') : '');
  const textOr = (key: DataKey, other: string) => (text(key).trim() === '' ? other : text(key));
  const keys = readKeys(data);
  const namespaces = readSelection(textOr('watch-namespace', defaults.namespace), namespaceRules);
  const serviceAccounts = readSelection(
    textOr('service-account', defaults.serviceAccount),
    serviceAccountRules,
  );
  const threshold = readThreshold(text('expiring-threshold'));
  const rrsa = readRrsa(text('rrsa'));
  const webhook = readWebhook(text('webhook-configuration'));
  const registries = readRegistryInfo(text('acr-registry-info'), rrsa.isOn);
  const problems = [
    ...keys.problems,
    ...problemsOf('watch-namespace', namespaces),
    ...problemsOf('service-account', serviceAccounts),
    ...problemsOf('expiring-threshold', threshold),
    ...rrsa.problems,
    ...registries.problems,
  ];
  if (
    keys.problems.length > 0 ||
    rrsa.problems.length > 0 ||
    namespaces.kind === 'refused' ||
    serviceAccounts.kind === 'refused' ||
    threshold.kind === 'refused' ||
    registries.kind === 'refused'
  ) {
    return { kind: 'refused', problems: [...problems, ...webhook.problems] };
  }
  const systemNotice = noticeOnSystemNamespaces(namespaces.value);
  return {
    kind: 'read',
    settings: {
      instances: registries.instances,
      scope: { namespaces: namespaces.value, serviceAccounts: serviceAccounts.value },
      renewBeforeMs: threshold.value,
      notifyEmail: unquoted(text('notify-email')) || defaults.notifyEmail,
    },
    isBlank: Object.values(data).every((value) => value.trim() === ''),
    problems: [...problems, ...webhook.problems],
    refusedEntries: registries.refusedEntries,
    notices: [
      ...keys.notices,
      ...(systemNotice === undefined ? [] : [systemNotice]),
      ...rrsa.notices,
      ...webhook.notices,
      ...registries.notices,
    ],
  };
}

function readThreshold(text: string): Ruling<number> {
  const written = unquoted(text);
  if (written === '') return { kind: 'accepted', value: defaults.renewBeforeMs };
  const reading = readDuration(written);
  if (reading.kind === 'read') return { kind: 'accepted', value: reading.ms };
  return { kind: 'refused', found: quote(written), fix: reading.fix };
}

function problemsOf(key: DataKey, ruling: Ruling<unknown>): readonly SettingsProblem[] {
  return ruling.kind === 'refused' ? [{ key, found: ruling.found, fix: ruling.fix }] : [];
}

interface KeysReading {
  readonly problems: readonly SettingsProblem[];
  readonly notices: readonly string[];
}

/** Looks at the names of the keys, and at the two keys whose values have no effect. */
function readKeys(data: Readonly<Record<string, string>>): KeysReading {
  const problems: SettingsProblem[] = [];
  const notices: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    const near = dataKeys.find((known) => known === (consoleNames.get(key) ?? nearestName(key, dataKeys)));
    if (dataKeys.some((known) => known === key)) notices.push(...noticesOf(key, value));
    else if (near !== undefined && decisiveKeys.has(near) && !Object.hasOwn(data, near)) {
      problems.push({ key, found: 'a key of this name', fix: `write ${near}` });
    } else {
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      notices.push(`${quote(key)} is no known key and is ignored${hint}`);
    }
  }
  return { problems, notices };
}

function noticesOf(key: string, value: string): readonly string[] {
  if (key === 'acr-registry') return ['acr-registry is an old key and is ignored; use acr-registry-info'];
  const isOtherVersion = key === 'acr-api-version' && !['', defaults.apiVersion].includes(unquoted(value));
  return isOtherVersion
    ? [`acr-api-version is ignored: the API's version is always ${defaults.apiVersion}`]
    : [];
}
