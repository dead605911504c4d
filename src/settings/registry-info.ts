import { misplacedKey } from './misplaced-key.ts';
import { place, type SettingsProblem } from './problem.ts';
import { readEntry, type EntryPlace, type EntryReading } from './registry-entry.ts';
import { dataKeys } from './schema.ts';
import type { Instance } from './settings.ts';
import type { Written } from './written-keys.ts';
import { readYaml, type YamlReading, type YamlValue } from './yaml-value.ts';

/** An entry that could not be used; what it may be about decides which last good instances stay. */
export interface RefusedEntry {
  readonly entry: number;
  /** Undefined: it could be about any instance. */
  readonly editions: readonly Instance['edition'][] | undefined;
}

export type InstancesReading =
  | {
      readonly kind: 'read';
      readonly instances: readonly Instance[];
      readonly problems: readonly SettingsProblem[];
      readonly notices: readonly string[];
      readonly refusedEntries: readonly RefusedEntry[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly SettingsProblem[] };

const registryInfoKey = 'acr-registry-info';

/** Reads `acr-registry-info`, a YAML or JSON list; blank stands for Personal Edition in the cluster's region. */
export function readRegistryInfo(
  written: Pick<Written, 'key' | 'yaml'> | undefined,
  isRrsaOn: boolean,
): InstancesReading {
  const key = written?.key ?? registryInfoKey;
  const yaml: YamlReading = written?.yaml() ?? { kind: 'blank' };
  switch (yaml.kind) {
    case 'blank':
      return readRegistryInfo(theDefault, isRrsaOn);
    case 'broken': {
      const { line, found, fix } = yaml;
      return refused({ key, line, found, fix });
    }
    case 'read': {
      if (yaml.value.kind !== 'list') return refused({ key, ...adviceOn(yaml.value) });
      const reading = readEntries(yaml.value, key, isRrsaOn);
      if (reading.kind === 'refused') return reading;
      const notices = yaml.notices.map(({ line, text }) => `${place({ key, line })}: ${text}`);
      return { ...reading, notices: [...notices, ...reading.notices] };
    }
  }
}

const theDefault = { key: registryInfoKey, yaml: () => readYaml(dataKeys[registryInfoKey].byDefault) };

function refused(problem: SettingsProblem): InstancesReading {
  return { kind: 'refused', problems: [problem] };
}

function adviceOn(value: YamlValue): Omit<SettingsProblem, 'key'> {
  const { kind, line } = value;
  if (kind !== 'map')
    return {
      line,
      found: 'text where a list should be',
      fix: 'write a list of entries: - instanceId: "cri-…"',
    };
  const [misplaced] = value.fields.flatMap((field) => misplacedKey(field.name, field.line) ?? []);
  if (misplaced !== undefined) return misplaced;
  return {
    line,
    found: 'fields outside of a list',
    fix: 'begin each entry with a dash: - instanceId: "cri-…"',
  };
}

function readEntries(
  { items, line }: YamlValue & { kind: 'list' },
  key: string,
  isRrsaOn: boolean,
): InstancesReading {
  if (items.length === 0) {
    const fix = 'list an instance, or remove the key for Personal Edition in the cluster’s region';
    return refused({ key, line, found: 'an empty list', fix });
  }
  const readings = items.map((item, index) =>
    readEntry(item, { key, entry: index + 1 }, { isRrsaOn, isOnly: items.length === 1 }),
  );
  const { instances, repetitions } = withoutRepetitions(readings, key);
  const problems = readings.flatMap((reading) => (reading.kind === 'refused' ? reading.problems : []));
  const allProblems = [...problems, ...repetitions.map(({ problem }) => problem)];
  if (instances.length === 0) return { kind: 'refused', problems: allProblems };
  const refusedEntries = readings.flatMap((reading, index) =>
    reading.kind === 'refused' ? [{ entry: index + 1, editions: reading.editions }] : [],
  );
  return {
    kind: 'read',
    instances,
    problems: allProblems,
    notices: readings.flatMap(({ notices }) => notices),
    refusedEntries: [...refusedEntries, ...repetitions.map(({ refusedEntry }) => refusedEntry)],
  };
}

interface Repetition {
  readonly problem: SettingsProblem;
  readonly refusedEntry: RefusedEntry;
}

/** Of two entries about the same instance in the same region, the first is used. */
function withoutRepetitions(readings: readonly EntryReading[], key: string) {
  const firstEntries = new Map<string, number>();
  const instances: Instance[] = [];
  const repetitions: Repetition[] = [];
  for (const [index, reading] of readings.entries()) {
    const entry = index + 1;
    for (const instance of reading.kind === 'read' ? reading.instances : []) {
      const first = firstEntries.get(instance.key);
      if (first === undefined) {
        firstEntries.set(instance.key, entry);
        instances.push(instance);
      } else repetitions.push(repetition(instance, { key, entry }, first));
    }
  }
  return { instances, repetitions };
}

function repetition(instance: Instance, { key, entry }: EntryPlace, first: number): Repetition {
  const found = `${instance.key}, which entry ${first} has already`;
  const fix = `remove it from entry ${first} or from entry ${entry}; until then entry ${first} is used`;
  return {
    problem: { key, entry, found, fix },
    refusedEntry: { entry, editions: [instance.edition] },
  };
}
