import { unquoted } from './comma-list.ts';
import { misplacedKey, type MisplacedKey } from './misplaced-key.ts';
import { missingColon, runsOn, type MissingColon } from './missing-colon.ts';
import { nearestName } from './nearest-name.ts';
import { quote, type SettingsProblem } from './problem.ts';
import { accepted, refused, type Refusal, type Ruling } from './ruling.ts';
import { instanceFieldNames, instanceFields, type InstanceField } from './schema.ts';
import type { YamlField } from './yaml-value.ts';

export interface FieldValue {
  /** One text; several where `instanceId` or `domains` is a YAML list. */
  readonly texts: readonly string[];
  readonly line: number;
}

export type FieldValues = ReadonlyMap<InstanceField, FieldValue>;

/** What is wrong with an entry, said of the field to look at. */
export type FieldRefusal = Refusal & { readonly field: InstanceField };

export function refusedAt(field: InstanceField, found: string, fix: string): FieldRefusal {
  return { ...refused(found, fix), field };
}

/** A field of one value; empty where it is missing. */
export function textOf(values: FieldValues, field: InstanceField): string {
  return unquoted(values.get(field)?.texts[0] ?? '');
}

export interface EntryFields {
  readonly values: FieldValues;
  /** Without key and entry, which the caller knows. */
  readonly problems: readonly Finding[];
  readonly notices: readonly { readonly line: number; readonly text: string }[];
  /** Whether `instanceId`, or its absence, can be relied on. */
  readonly isIdLegible: boolean;
}

type Finding = Required<Pick<SettingsProblem, 'line' | 'found' | 'fix'>>;

const listFields: ReadonlySet<InstanceField> = new Set(['instanceId', 'domains']);

/** The fields of one entry under their known names. */
export function readEntryFields(fields: readonly YamlField[]): EntryFields {
  const read = fields.map((field, index) => readField(field, fields, index));
  const problems = read.flatMap(({ problem }) => problem ?? []);
  const hasId = read.some(({ about }) => about === 'instanceId');
  const missing = hasId
    ? undefined
    : missingId(fields.filter((_, index) => read[index]?.about === undefined));
  return {
    values: new Map(read.flatMap(({ about, value }) => (about && value ? [[about, value] as const] : []))),
    problems: missing === undefined ? problems : [...problems, missing],
    notices: read.flatMap(({ notice }) => notice ?? []),
    isIdLegible:
      missing === undefined &&
      !read.some(({ about, problem }) => about === 'instanceId' && problem !== undefined),
  };
}

interface FieldReading {
  /** The known field that was written or meant; undefined where nothing known is near. */
  readonly about: InstanceField | undefined;
  readonly value?: FieldValue;
  readonly problem?: Finding;
  readonly notice?: EntryFields['notices'][number];
}

function readField(field: YamlField, all: readonly YamlField[], index: number): FieldReading {
  const { name: written, line } = field;
  const naming = nameOf(field, all);
  switch (naming.kind) {
    case 'unknown':
      return { about: naming.near, notice: { line, text: ignored(written, naming.near) } };
    case 'misplaced': {
      return { about: undefined, problem: naming.key };
    }
    case 'joined': {
      const { field, found, fix } = naming.colon;
      return { about: field, problem: { line, found, fix } };
    }
    case 'misspelt': {
      const problem = { line, found: `the field ${shown(written)}`, fix: `write ${naming.meant}` };
      return { about: naming.meant, problem };
    }
    case 'known': {
      const { name } = naming;
      const isRepeated = all.slice(0, index).some((other) => isSpelling(other.name, name));
      const ruling = isRepeated ? repeated(name) : valueOf(field, name);
      if (ruling.kind === 'refused')
        return { about: name, problem: { line, found: ruling.found, fix: ruling.fix } };
      const reading = { about: name, value: ruling.value };
      if (name === written) return reading;
      return { ...reading, notice: { line, text: `${quote(written)} was read as ${name}` } };
    }
  }
}

/** An unknown field may be a badly misspelt `instanceId`; without one the entry would be Personal Edition. */
function missingId([stranger]: readonly YamlField[]): Finding | undefined {
  if (stranger === undefined) return undefined;
  const found = `the unknown field ${shown(stranger.name)} and no instanceId`;
  return { line: stranger.line, found, fix: 'write instanceId: "cri-…", or "" for Personal Edition' };
}

type Naming =
  | { readonly kind: 'known'; readonly name: InstanceField }
  /** A data key that was indented too far. */
  | { readonly kind: 'misplaced'; readonly key: MisplacedKey }
  /** Together with its value, in a flow map. */
  | { readonly kind: 'joined'; readonly colon: MissingColon }
  | { readonly kind: 'misspelt'; readonly meant: InstanceField }
  | { readonly kind: 'unknown'; readonly near: InstanceField | undefined };

function nameOf({ name: written, line }: YamlField, all: readonly YamlField[]): Naming {
  const name = instanceFieldNames.find((known) => isSpelling(written, known));
  if (name !== undefined) return { kind: 'known', name };
  const key = misplacedKey(written, line);
  if (key !== undefined) return { kind: 'misplaced', key };
  const colon = missingColon(written);
  if (colon !== undefined) return { kind: 'joined', colon };
  const near = instanceFieldNames.find((known) => known === nearestName(written, instanceFieldNames));
  const isGiven = all.some((field) => field.name === near);
  if (near !== undefined && instanceFields[near].isDecisive && !isGiven)
    return { kind: 'misspelt', meant: near };
  return { kind: 'unknown', near };
}

function isSpelling(written: string, known: InstanceField): boolean {
  return written.toLowerCase() === known.toLowerCase();
}

function ignored(name: string, near: InstanceField | undefined): string {
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `${shown(name)} is no known field and is ignored${hint}`;
}

/** A name without what may be its value, where the colon between them is not one of YAML. */
function shown(name: string): string {
  return quote(name.replace(/[^\w-].*$/s, '…'));
}

function valueOf({ value, line }: YamlField, name: InstanceField): Ruling<FieldValue> {
  const items = value.kind === 'list' && listFields.has(name) ? value.items : [value];
  const texts = items.flatMap((item) => (item.kind === 'text' ? item.text : []));
  if (texts.length < items.length)
    return refused(`a nested value under ${name}`, `write one text behind ${name}:`);
  if (texts.some(runsOn)) {
    const fix =
      'write each field on a line of its own, with a colon and as many spaces before it as the others';
    return refused(`another field within the value of ${name}`, fix);
  }
  return accepted({ texts, line });
}

function repeated(name: InstanceField): Refusal {
  return refused(`${name} a second time in one entry`, 'remove one, or begin a new entry with a dash');
}
