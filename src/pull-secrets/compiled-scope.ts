import type { LabelRequirement, Matches } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';

/** The Secret that is the MutatingAdmissionPolicy's parameter (docs/adr/0012). */
export const compiledScopeName = 'acr-compiled-scope';

const prefix = 'acr-credential-helper/compiled-';

/** Keys and values of all annotations of an object together (apimachinery's `TotalAnnotationSizeLimitB`). */
const annotationsLimitBytes = 262_144;

/**
 * The scope in a form that CEL can evaluate without reading it, as annotations of that Secret: comma lists of names, one
 * anchored RE2 expression for all patterns, and comma lists of labels, of which one is enough: `key`, `key=value`, or
 * `!key=value` for a namespace without exactly that. What is not selected by is left out.
 * Source: CEL's `matches`, https://github.com/google/re2/wiki/Syntax.
 */
export function compiledScope({ namespaces, serviceAccounts }: Scope): Readonly<Record<string, string>> {
  return {
    ...compiled('namespace', namespaces.included),
    ...compiled('excluded-namespace', namespaces.excluded),
    ...compiled('account', serviceAccounts.included),
    ...compiled('excluded-account', serviceAccounts.excluded),
  };
}

/** Whether the API server takes them: a ConfigMap with a configuration may be four times as large. */
export function fitsInAnnotations(annotations: Readonly<Record<string, string>>): boolean {
  return Buffer.byteLength(Object.entries(annotations).flat().join('')) <= annotationsLimitBytes;
}

function compiled(what: string, matches: Matches): Readonly<Record<string, string>> {
  const { isEverything, names, globs, labels } = matches;
  const patterns = isEverything ? ['*'] : globs;
  return {
    ...(names.size > 0 && { [`${prefix}${what}-names`]: [...names].join(',') }),
    ...(patterns.length > 0 && { [`${prefix}${what}-pattern`]: anchored(patterns) }),
    ...(labels.length > 0 && { [`${prefix}${what}-labels`]: labels.map(labelTest).join(',') }),
  };
}

function anchored(globs: readonly string[]): string {
  return `^(${globs.map(expression).join('|')})$`;
}

function expression(glob: string): string {
  return glob.split('*').map(literal).join('.*');
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function labelTest({ key, test }: LabelRequirement): string {
  switch (test.kind) {
    case 'exists':
      return key;
    case 'equals':
      return `${key}=${test.value}`;
    case 'differs':
      return `!${key}=${test.value}`;
  }
}
