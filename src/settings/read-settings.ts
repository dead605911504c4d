import { unquoted } from './comma-list.ts';
import { readDuration } from './duration.ts';
import { quote, type SettingsProblem } from './problem.ts';
import { namespaceRules, readSelection, serviceAccountRules } from './read-selection.ts';
import { readRegistryInfo, type RefusedEntry } from './registry-info.ts';
import type { Ruling } from './ruling.ts';
import { dataKeys, type DataKey } from './schema.ts';
import type { Settings } from './settings.ts';
import { readConsoleSwitch, readRrsa, readWebhook } from './switches.ts';
import { noticeOnSystemNamespaces } from './system-namespaces.ts';
import { readKeys, type KeysReading, type Written } from './written-keys.ts';
import { readYaml } from './yaml-value.ts';

export type SettingsReading =
  | {
      readonly kind: 'read';
      readonly settings: Settings;
      /** Whether no known key has a value, so that all of it is defaults. */
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
  const keys = readKeys(data);
  const written = (key: DataKey) => writtenOrDefault(keys, key);
  const namespaces = ruled(written('watch-namespace'), (text) => readSelection(text, namespaceRules));
  const accounts = ruled(written('service-account'), (text) => readSelection(text, serviceAccountRules));
  const threshold = ruled(written('expiring-threshold'), readThreshold);
  const rrsa = written('rrsa').isConsoleForm
    ? readConsoleSwitch(written('rrsa'))
    : readRrsa(written('rrsa').text);
  const webhook = readWebhook(written('webhook-configuration').text);
  // Where the switch cannot be read, its roles are not blamed for that.
  const mayBeOn = rrsa.isOn || rrsa.problems.length > 0;
  const registries = readRegistryInfo(keys.values.get('acr-registry-info'), mayBeOn);
  const decisive = [
    ...keys.problems,
    ...namespaces.problems,
    ...accounts.problems,
    ...threshold.problems,
    ...rrsa.problems,
    ...webhook.problems,
  ];
  const problems = [...decisive, ...registries.problems];
  if (
    decisive.length > 0 ||
    namespaces.value === undefined ||
    accounts.value === undefined ||
    threshold.value === undefined ||
    webhook.webhook === undefined ||
    registries.kind === 'refused'
  ) {
    return { kind: 'refused', problems };
  }
  const isBlank = [...keys.values.values()].every(isBlankValue);
  return {
    kind: 'read',
    settings: {
      instances: registries.instances,
      scope: { namespaces: namespaces.value, serviceAccounts: accounts.value },
      renewBeforeMs: threshold.value,
      notifyEmail: unquoted(written('notify-email').text) || dataKeys['notify-email'].byDefault,
      webhook: webhook.webhook,
    },
    isBlank,
    problems,
    refusedEntries: registries.refusedEntries,
    notices: [
      ...keys.notices,
      // Where everything is blank, nothing changes, so that no default comes into force.
      ...(isBlank ? [] : noticesOnBlankKeys(keys)),
      ...noticesOnIdleKeys(keys),
      ...noticeOnSystemNamespaces(namespaces.value),
      ...rrsa.notices,
      ...webhook.notices,
      ...registries.notices,
    ],
  };
}

function writtenOrDefault({ values }: KeysReading, key: DataKey): Written {
  const written = values.get(key);
  if (written !== undefined && !isBlankValue(written)) return written;
  const text = dataKeys[key].byDefault;
  return { key, text, isConsoleForm: false, yaml: () => readYaml(text) };
}

function isBlankValue({ text }: Written): boolean {
  return text.trim() === '';
}

function noticesOnBlankKeys({ values }: KeysReading): readonly string[] {
  return [...values].flatMap(([name, written]) => {
    const { byDefault } = dataKeys[name];
    if (!isBlankValue(written) || byDefault === '') return [];
    return [`${written.key} is blank: its default, ${byDefault}, is used`];
  });
}

interface Ruled<T> {
  readonly value: T | undefined;
  readonly problems: readonly SettingsProblem[];
}

function ruled<T>({ key, line, text }: Written, rule: (text: string) => Ruling<T>): Ruled<T> {
  const ruling = rule(text);
  if (ruling.kind === 'accepted') return { value: ruling.value, problems: [] };
  const { found, fix } = ruling;
  return { value: undefined, problems: [{ key, ...(line !== undefined && { line }), found, fix }] };
}

function readThreshold(text: string): Ruling<number> {
  const written = unquoted(text) || dataKeys['expiring-threshold'].byDefault;
  const reading = readDuration(written);
  if (reading.kind === 'read') return { kind: 'accepted', value: reading.ms };
  return { kind: 'refused', found: quote(written), fix: reading.fix };
}

function noticesOnIdleKeys({ values }: KeysReading): readonly string[] {
  const { byDefault } = dataKeys['acr-api-version'];
  const version = unquoted(values.get('acr-api-version')?.text ?? '');
  return [
    ...(values.has('acr-registry')
      ? ['acr-registry is an old key and is ignored; use acr-registry-info']
      : []),
    ...(values.has('tokenMode')
      ? [
          'tokenMode is ignored: each entry names its own identity (docs/migration.md, “Their settings and ours”)',
        ]
      : []),
    ...(['', byDefault].includes(version)
      ? []
      : [`acr-api-version is ignored: the API's version is always ${byDefault}`]),
  ];
}
