import { rrsaNotYet } from './identity-rule.ts';
import { place, type SettingsProblem } from './problem.ts';
import { readEntry, registryInfoKey, type EntryReading } from './registry-entry.ts';
import type { Instance } from './settings.ts';
import { readYaml, type YamlValue } from './yaml-value.ts';

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

const defaultInstance: Instance = {
  key: 'personal',
  edition: { kind: 'personal' },
  regionId: undefined,
  domains: undefined,
  identity: { kind: 'node-role' },
};

/** Reads `acr-registry-info`, a YAML or JSON list; blank stands for Personal Edition in the cluster's region. */
export function readRegistryInfo(text: string, isRrsaOn: boolean): InstancesReading {
  const yaml = readYaml(text);
  switch (yaml.kind) {
    case 'blank':
      return isRrsaOn
        ? refused({ found: 'no entry, which stands for Personal Edition, while rrsa is on', fix: rrsaNotYet })
        : { kind: 'read', instances: [defaultInstance], problems: [], notices: [], refusedEntries: [] };
    case 'broken': {
      const { line, found, fix } = yaml;
      return refused({ line, found, fix });
    }
    case 'read': {
      if (yaml.value.kind !== 'list') return refused(adviceOn(yaml.value));
      const notices = yaml.notices.map(
        ({ line, text }) => `${place({ key: registryInfoKey, line })}: ${text}`,
      );
      return readEntries(yaml.value.items, notices, isRrsaOn);
    }
  }
}

function refused(problem: Omit<SettingsProblem, 'key'>): InstancesReading {
  return { kind: 'refused', problems: [{ key: registryInfoKey, ...problem }] };
}

function adviceOn({ kind, line }: YamlValue): Omit<SettingsProblem, 'key'> {
  return kind === 'map'
    ? { line, found: 'fields outside of a list', fix: 'begin each entry with a dash: - instanceId: "cri-…"' }
    : { line, found: 'text where a list should be', fix: 'write a list of entries: - instanceId: "cri-…"' };
}

function readEntries(
  items: readonly YamlValue[],
  yamlNotices: readonly string[],
  isRrsaOn: boolean,
): InstancesReading {
  if (items.length === 0) {
    return refused({
      found: 'an empty list',
      fix: 'list an instance, or remove the key for Personal Edition in the cluster’s region',
    });
  }
  const readings = items.map((item, index) => readEntry(item, index + 1, isRrsaOn));
  const { instances, repetitions } = withoutRepetitions(readings);
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
    notices: [...yamlNotices, ...readings.flatMap(({ notices }) => notices)],
    refusedEntries: [...refusedEntries, ...repetitions.map(({ refusedEntry }) => refusedEntry)],
  };
}

interface Repetition {
  readonly problem: SettingsProblem;
  readonly refusedEntry: RefusedEntry;
}

/** Of two entries about the same instance in the same region, the first is used. */
function withoutRepetitions(readings: readonly EntryReading[]) {
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
      } else repetitions.push(repetition(instance, entry, first));
    }
  }
  return { instances, repetitions };
}

function repetition({ key, edition }: Instance, entry: number, first: number): Repetition {
  const found = `${key}, which entry ${first} has already`;
  const fix = `remove it from entry ${first} or from entry ${entry}; until then entry ${first} is used`;
  return {
    problem: { key: registryInfoKey, entry, found, fix },
    refusedEntry: { entry, editions: [edition] },
  };
}
