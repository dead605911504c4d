import { nearestName } from './nearest-name.ts';
import { quote, type SettingsProblem } from './problem.ts';
import { accepted, refused, type Refusal, type Ruling } from './ruling.ts';
import { decisiveFields, instanceFields, type InstanceField } from './schema.ts';
import type { YamlField } from './yaml-value.ts';

export interface FieldValue {
  /** One text; several where `instanceId` or `domains` is a YAML list. */
  readonly texts: readonly string[];
  readonly line: number;
}

export type FieldValues = ReadonlyMap<InstanceField, FieldValue>;

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
  const values = new Map<InstanceField, FieldValue>();
  const problems: Finding[] = [];
  const notices: { line: number; text: string }[] = [];
  const doubtful = new Set<InstanceField>();
  const strangers: YamlField[] = [];
  for (const field of fields) {
    const { line } = field;
    const naming = nameOf(field.name, fields);
    switch (naming.kind) {
      case 'unknown':
        if (naming.near === undefined) strangers.push(field);
        notices.push({ line, text: ignored(field.name, naming.near) });
        break;
      case 'misspelt':
        doubtful.add(naming.meant);
        problems.push({ line, found: `the field ${quote(field.name)}`, fix: `write ${naming.meant}` });
        break;
      case 'known': {
        const { name } = naming;
        if (name !== field.name) notices.push({ line, text: `${quote(field.name)} was read as ${name}` });
        const ruling = values.has(name) ? repeated(name) : valueOf(field, name);
        if (ruling.kind === 'accepted') values.set(name, ruling.value);
        else {
          doubtful.add(name);
          problems.push({ line, found: ruling.found, fix: ruling.fix });
        }
      }
    }
  }
  const missing = values.has('instanceId') || doubtful.has('instanceId') ? undefined : missingId(strangers);
  const isIdLegible = missing === undefined && !doubtful.has('instanceId');
  return {
    values,
    problems: missing === undefined ? problems : [...problems, missing],
    notices,
    isIdLegible,
  };
}

/** An unknown field may be a badly misspelt `instanceId`; without one the entry would be Personal Edition. */
function missingId([stranger]: readonly YamlField[]): Finding | undefined {
  if (stranger === undefined) return undefined;
  const found = `the unknown field ${quote(stranger.name)} and no instanceId`;
  return { line: stranger.line, found, fix: 'write instanceId: "cri-…", or "" for Personal Edition' };
}

type Naming =
  | { readonly kind: 'known'; readonly name: InstanceField }
  | { readonly kind: 'misspelt'; readonly meant: InstanceField }
  | { readonly kind: 'unknown'; readonly near: InstanceField | undefined };

function nameOf(written: string, all: readonly YamlField[]): Naming {
  const name = instanceFields.find((known) => known.toLowerCase() === written.toLowerCase());
  if (name !== undefined) return { kind: 'known', name };
  const near = instanceFields.find((known) => known === nearestName(written, instanceFields));
  const isGiven = all.some((field) => field.name === near);
  if (near !== undefined && decisiveFields.has(near) && !isGiven) return { kind: 'misspelt', meant: near };
  return { kind: 'unknown', near };
}

function ignored(name: string, near: InstanceField | undefined): string {
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `${quote(name)} is no known field and is ignored${hint}`;
}

function valueOf({ value, line }: YamlField, name: InstanceField): Ruling<FieldValue> {
  if (value.kind === 'text') return accepted({ texts: [value.text], line });
  const items = value.kind === 'list' && listFields.has(name) ? value.items : undefined;
  const texts = items?.flatMap((item) => (item.kind === 'text' ? item.text : []));
  if (texts !== undefined && texts.length === items?.length) return accepted({ texts, line });
  return refused(`a nested value under ${name}`, `write one text behind ${name}:`);
}

function repeated(name: InstanceField): Refusal {
  return refused(`${name} a second time in one entry`, 'remove one, or begin a new entry with a dash');
}
