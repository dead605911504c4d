import { commaList, unquoted } from './comma-list.ts';
import { namespaceName, objectName } from './object-name.ts';
import { quote } from './problem.ts';
import { accepted, refused, type Refusal, type Ruling } from './ruling.ts';
import { everything, nothing, type LabelRequirement, type Matches, type Selection } from './selection.ts';
import { readLabelRequirement } from './label-requirement.ts';

const glob = /^[-a-z0-9.*]{1,253}$/;

type Item =
  | { readonly kind: 'everything' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'glob'; readonly glob: string }
  | { readonly kind: 'label'; readonly label: LabelRequirement };

/** What the names are and, for advice, how to write them. */
export interface SelectionRules {
  readonly name: RegExp;
  readonly noun: string;
  readonly shape: string;
  readonly examples: { readonly names: string; readonly exclusion: string; readonly glob: string };
  readonly hasLabels: boolean;
}

export const namespaceRules: SelectionRules = {
  name: namespaceName,
  noun: 'a namespace’s name',
  shape: 'up to 63 lower-case letters, digits, and hyphens between them',
  examples: { names: 'shop,billing', exclusion: '!kube-system', glob: 'team-*' },
  hasLabels: true,
};

export const serviceAccountRules: SelectionRules = {
  name: objectName,
  noun: 'a service account’s name',
  shape: 'up to 253 lower-case letters, digits, and hyphens or dots between them',
  examples: { names: 'default,builder', exclusion: '!builder', glob: 'ci-*' },
  hasLabels: false,
};

/**
 * `watch-namespace` and `service-account`: a comma list of names, names with `*` in them, `all` or `*` for every
 * one, `label:key`, `label:key=value` and `label:key!=value`; each of them excludes with `!` before it.
 */
export function readSelection(text: string, rules: SelectionRules): Ruling<Selection> {
  const included: Item[] = [];
  const excluded: Item[] = [];
  const written = commaList(text);
  for (const item of written) {
    const isExclusion = item.startsWith('!');
    const reading = readItem(isExclusion ? unquoted(item.slice(1)) : item, rules);
    if (reading === undefined) return refused(quote(item), adviceOn(item, rules));
    if (reading.kind === 'refused') return refused(quote(item), reading.fix);
    if (isExclusion && reading.value.kind === 'everything') return excludesEverything(item);
    (isExclusion ? excluded : included).push(reading.value);
  }
  if (written.length === 0)
    return refused(`${quote(text)}, which has no name in it`, 'write a name, or remove the key');
  if (included.length === 0) return onlyExclusions(text, written);
  const selection = { included: matchesOf(included), excluded: matchesOf(excluded) };
  return contradictionIn(selection) ?? accepted(selection);
}

/** Undefined where it is nothing known. */
function readItem(item: string, { name, hasLabels }: SelectionRules): Ruling<Item> | undefined {
  if (item === '*' || item.toLowerCase() === 'all') return accepted({ kind: 'everything' });
  if (/^default$/i.test(item)) return accepted({ kind: 'name', name: 'default' });
  if (/^label:/i.test(item)) return hasLabels ? readLabel(item) : labelsRefused(item);
  if (name.test(item)) return accepted({ kind: 'name', name: item });
  if (item.includes('*') && glob.test(item)) return accepted({ kind: 'glob', glob: item });
  return undefined;
}

function readLabel(item: string): Ruling<Item> {
  const reading = readLabelRequirement(item.slice('label:'.length).trim());
  if (reading.kind === 'accepted') return accepted({ kind: 'label', label: reading.value });
  return refused(quote(item), reading.fix);
}

function labelsRefused(item: string): Refusal {
  return refused(quote(item), 'labels select namespaces only: write names, or patterns such as ci-*');
}

function adviceOn(written: string, rules: SelectionRules): string {
  const lowerCase = written.toLowerCase();
  const [, bang = '', item = ''] = /^(!?)\s*(.*)$/s.exec(written) ?? [];
  if (readItem(item.toLowerCase(), rules)?.kind === 'accepted') return `write it in lower case: ${lowerCase}`;
  const { names, exclusion, glob } = rules.examples;
  if (item === '' || item.startsWith('!')) return `write one ! and a name behind it, such as ${exclusion}`;
  if (/^[^\s"]*[?[\]{}][^\s"]*$/.test(item))
    return `in a pattern, write * for any characters, such as ${glob}`;
  if (rules.hasLabels && /^[^\s]+!?=/.test(item)) return `to select by a label, write ${bang}label:${item}`;
  return /[\s"';:]/.test(item)
    ? `write names separated by commas, such as ${names}`
    : adviceOnName(item, rules);
}

function adviceOnName(item: string, { name, noun, shape, examples }: SelectionRules): string {
  const faults = [
    ...(/[A-Z]/.test(item) ? ['capitals'] : []),
    ...(item.includes('_') ? ['underscores'] : []),
    ...(item.includes('.') && !name.test('a.b') ? ['dots'] : []),
  ];
  const without = faults.length === 0 ? '' : ` without ${faults.join(' or ')}`;
  return `write ${noun}${without}: ${shape}, as in ${examples.names}`;
}

function excludesEverything(item: string): Refusal {
  return refused(quote(item), 'remove it, since it excludes everything, or write a name behind the !');
}

function onlyExclusions(text: string, items: readonly string[]): Refusal {
  const found = `${quote(text.trim())}, which only excludes`;
  return refused(found, `write all,${items.join(',')} to select everything else`);
}

/** Whoever names something twice, for and against, cannot mean both. */
function contradictionIn({ included, excluded }: Selection): Refusal | undefined {
  const name = [...included.names].find((each) => excluded.names.has(each));
  return name === undefined ? undefined : refused(`${name} and !${name}`, 'remove one of the two');
}

function matchesOf(items: readonly Item[]): Matches {
  if (items.some(({ kind }) => kind === 'everything')) return everything;
  return {
    ...nothing,
    names: new Set(items.flatMap((item) => (item.kind === 'name' ? item.name : []))),
    globs: items.flatMap((item) => (item.kind === 'glob' ? item.glob : [])),
    labels: items.flatMap((item) => (item.kind === 'label' ? item.label : [])),
  };
}
