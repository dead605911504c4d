import { nearestName } from './nearest-name.ts';
import { place, quote, type SettingsProblem } from './problem.ts';
import { consoleNames, dataKeyNames, dataKeys, documentKey, type DataKey, type Parameter } from './schema.ts';
import { readYaml, type YamlReading, type YamlValue } from './yaml-value.ts';

/** The value of a data key, from whichever form of the configuration it is in. */
export interface Written {
  /** As in a SettingsProblem. */
  readonly key: string;
  /** Where it begins, if it is part of a document. */
  readonly line?: number;
  readonly text: string;
  readonly isConsoleForm: boolean;
  readonly yaml: () => YamlReading;
}

export interface KeysReading {
  readonly values: ReadonlyMap<DataKey, Written>;
  /** Anything in here makes the whole configuration unusable. */
  readonly problems: readonly SettingsProblem[];
  readonly notices: readonly string[];
}

/** One name with its value, before it is known what the name stands for. */
interface Entry extends Written {
  readonly name: string;
  readonly knownNames: readonly string[];
}

const namesInConfigMap = [...dataKeyNames, ...consoleNames.keys(), documentKey];
const namesInDocument = [...consoleNames.keys()];

/**
 * The data of the ConfigMap by its data keys. Each may have the name of the console's form, and the whole of that
 * form may be one JSON object under `config`.
 */
export function readKeys(data: Readonly<Record<string, string>>): KeysReading {
  const document = readDocument(Object.hasOwn(data, documentKey) ? (data[documentKey] ?? '') : '');
  const entries = [...entriesOf(data), ...document.entries];
  const values = new Map<DataKey, Written>();
  const problems = [...document.problems];
  const notices: string[] = [];
  for (const entry of entries) {
    const { name } = entry;
    const key = keyNamed(name);
    if (key === undefined || !isKnown(entry)) {
      const stray = adviceOnStray(entry, entries);
      if (stray.kind === 'problem') problems.push(stray.problem);
      else notices.push(stray.notice);
      continue;
    }
    const first = values.get(key);
    if (first === undefined) values.set(key, entry);
    else problems.push(repetition(entry, first));
  }
  return { values, problems, notices };
}

function entriesOf(data: Readonly<Record<string, string>>): readonly Entry[] {
  return Object.entries(data).flatMap(([name, text]) => {
    if (name === documentKey) return [];
    const isConsoleForm = consoleNames.has(name);
    const yaml = () => readYaml(text);
    return [{ name, key: name, text, isConsoleForm, yaml, knownNames: namesInConfigMap }];
  });
}

function readDocument(text: string): {
  readonly entries: readonly Entry[];
  readonly problems: readonly SettingsProblem[];
} {
  const reading = readYaml(text);
  switch (reading.kind) {
    case 'blank':
      return { entries: [], problems: [] };
    case 'broken': {
      const { line, found } = reading;
      const fix = 'write a JSON object, such as {"watchNamespace": "shop"}';
      return { entries: [], problems: [{ key: documentKey, line, found, fix }] };
    }
    case 'read': {
      if (reading.value.kind === 'map') return { entries: documentEntries(reading.value), problems: [] };
      const found = reading.value.kind === 'list' ? 'a list' : 'text where an object should be';
      const fix = 'write a JSON object, such as {"AcrInstanceInfo": [{"instanceId": "cri-…"}]}';
      return { entries: [], problems: [{ key: documentKey, line: reading.value.line, found, fix }] };
    }
  }
}

function documentEntries({ fields }: YamlValue & { kind: 'map' }): readonly Entry[] {
  return fields.map(({ name, value, line }) => {
    const yaml = (): YamlReading =>
      value.kind === 'text' && value.text.trim() === ''
        ? { kind: 'blank' }
        : { kind: 'read', value, notices: [] };
    const key = `${documentKey}.${name}`;
    return { name, key, line, text: textOf(value), isConsoleForm: true, yaml, knownNames: namesInDocument };
  });
}

/** A list of texts is a comma list, too. */
function textOf(value: YamlValue): string {
  switch (value.kind) {
    case 'text':
      return value.text;
    case 'list':
      return value.items.map(textOf).join(',');
    case 'map':
      return '{}';
  }
}

function keyNamed(name: string): DataKey | undefined {
  return dataKeyNames.find((key) => key === name) ?? consoleNames.get(name);
}

function isKnown({ name, knownNames }: Entry): boolean {
  return knownNames.includes(name);
}

type Advice =
  | { readonly kind: 'problem'; readonly problem: SettingsProblem }
  | { readonly kind: 'notice'; readonly notice: string };

/** A name that stands for nothing. It is not ignored where it may be meant for something that decides. */
function adviceOnStray({ name, key, line, knownNames }: Entry, entries: readonly Entry[]): Advice {
  const where = line === undefined ? { key } : { key: documentKey, line };
  const ownKey = keyNamed(name);
  // In a document, the ConfigMap's name of a key means the console's, however little alike they are.
  const near =
    ownKey === undefined
      ? nearestName(name, knownNames)
      : knownNames.find((known) => keyNamed(known) === ownKey);
  const meant = near === undefined ? undefined : keyNamed(near);
  const isGiven =
    meant !== undefined && entries.some((other) => isKnown(other) && keyNamed(other.name) === meant);
  if (near !== undefined && !isGiven && (near === documentKey || isDecisive(meant))) {
    const found = `the name ${quote(name)}`;
    return { kind: 'problem', problem: { ...where, found, fix: `write ${near}` } };
  }
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const prefix = line === undefined ? '' : `${place(where)}: `;
  return { kind: 'notice', notice: `${prefix}${quote(name)} is no known key and is ignored${hint}` };
}

function isDecisive(key: DataKey | undefined): boolean {
  const parameter: Parameter | undefined = key && dataKeys[key];
  return parameter?.isDecisive ?? false;
}

function repetition({ key, line }: Entry, first: Written): SettingsProblem {
  const found = key === first.key ? 'the same key a second time' : `the same parameter as in ${first.key}`;
  const fix = key === first.key ? 'remove one of the two' : `remove ${key} or ${first.key}`;
  return { key, ...(line !== undefined && { line }), found, fix };
}
