/** What a comma list selects: everything that an item of it includes and none excludes. */
export interface Selection {
  readonly included: Matches;
  readonly excluded: Matches;
}

export interface Matches {
  readonly isEverything: boolean;
  readonly names: ReadonlySet<string>;
  /** Names with `*` for any run of characters. */
  readonly globs: readonly string[];
  readonly labels: readonly LabelRequirement[];
}

/** As in a Kubernetes label selector: `differs` holds for an object without the label, too. */
export interface LabelRequirement {
  readonly key: string;
  readonly test:
    | { readonly kind: 'exists' }
    | { readonly kind: 'equals'; readonly value: string }
    | { readonly kind: 'differs'; readonly value: string };
}

export type Labels = Readonly<Record<string, string>>;

export const nothing: Matches = { isEverything: false, names: new Set(), globs: [], labels: [] };
export const everything: Matches = { ...nothing, isEverything: true };

export function isSelected({ included, excluded }: Selection, name: string, labels: Labels = {}): boolean {
  return isMatch(included, name, labels) && !isMatch(excluded, name, labels);
}

function isMatch({ isEverything, names, globs, labels }: Matches, name: string, present: Labels): boolean {
  return (
    isEverything ||
    names.has(name) ||
    globs.some((glob) => isGlobMatch(glob, name)) ||
    labels.some((label) => isLabelMatch(label, present))
  );
}

/** Each part is looked for once, from the left, so that no pattern is slow. */
function isGlobMatch(glob: string, name: string): boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return name === glob;
  const end = name.length - last.length;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= end;
}

function isLabelMatch({ key, test }: LabelRequirement, present: Labels): boolean {
  const value = Object.hasOwn(present, key) ? present[key] : undefined;
  switch (test.kind) {
    case 'exists':
      return value !== undefined;
    case 'equals':
      return value === test.value;
    case 'differs':
      return value !== test.value;
  }
}

/** The items of the comma list that is read as this selection. */
export function itemsOf({ included, excluded }: Selection): readonly string[] {
  return [...itemsMatching(included), ...itemsMatching(excluded).map((item) => `!${item}`)];
}

function itemsMatching({ isEverything, names, globs, labels }: Matches): readonly string[] {
  return [...(isEverything ? ['all'] : []), ...names, ...globs, ...labels.map(labelItem)];
}

function labelItem({ key, test }: LabelRequirement): string {
  switch (test.kind) {
    case 'exists':
      return `label:${key}`;
    case 'equals':
      return `label:${key}=${test.value}`;
    case 'differs':
      return `label:${key}!=${test.value}`;
  }
}
