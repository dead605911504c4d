import type { InstanceField } from '../src/settings/schema.ts';

/** Who asks for the logins of an Enterprise entry, for each combination of what decides it; a test reads an entry for each. */
export interface PrecedenceRow {
  /** Whether `rrsa` is on; undefined: that makes no difference. */
  readonly rrsa: boolean | undefined;
  /** What is written in the entry. */
  readonly fields: readonly PrecedenceField[];
  /** The same for one id and for each of several. */
  readonly outcome: Outcome;
}

/** Some way of writing the entry's own access key, or the roles; RRSA's two fields go together. */
export type PrecedenceField = 'an access key' | (InstanceField & ('rrsaRoleARN' | 'assumeRoleARN'));

export type Outcome =
  | { readonly kind: 'asks'; readonly who: string; readonly isTold?: true }
  | { readonly kind: 'refused'; readonly mends: readonly string[] };

const theNodesRole = 'the node’s role';
const nodeRole = asks(theNodesRole);
const personalHasNone: Outcome = {
  kind: 'refused',
  mends: ['remove the role', 'use an Enterprise instance'],
};
const offButWritten: Outcome = { kind: 'refused', mends: ['turn rrsa on', 'remove rrsaRoleARN'] };
const twoIdentities: Outcome = {
  kind: 'refused',
  mends: ['remove the access key', 'remove rrsaRoleARN'],
};

/** Who asks for the logins of an entry of Personal Edition, which no role can get. */
export function personalOutcome({ rrsa, fields }: Pick<PrecedenceRow, 'rrsa' | 'fields'>): Outcome {
  if (fields.some((field) => field !== 'an access key')) return personalHasNone;
  if (fields.length > 0) return asks('the access key');
  return rrsa === true ? { kind: 'asks', who: theNodesRole, isTold: true } : nodeRole;
}

export const precedence: readonly PrecedenceRow[] = [
  { rrsa: false, fields: [], outcome: nodeRole },
  { rrsa: false, fields: ['rrsaRoleARN'], outcome: offButWritten },
  {
    rrsa: false,
    fields: ['assumeRoleARN'],
    outcome: asks('the node’s role → `assumeRoleARN`'),
  },
  {
    rrsa: false,
    fields: ['rrsaRoleARN', 'assumeRoleARN'],
    outcome: offButWritten,
  },
  {
    rrsa: true,
    fields: [],
    outcome: asks('the Pod’s role by RRSA'),
  },
  {
    rrsa: true,
    fields: ['rrsaRoleARN'],
    outcome: asks('`rrsaRoleARN` by RRSA'),
  },
  {
    rrsa: true,
    fields: ['assumeRoleARN'],
    outcome: asks('the Pod’s role by RRSA → `assumeRoleARN`'),
  },
  {
    rrsa: true,
    fields: ['rrsaRoleARN', 'assumeRoleARN'],
    outcome: asks('`rrsaRoleARN` by RRSA → `assumeRoleARN`'),
  },
  {
    rrsa: undefined,
    fields: ['an access key'],
    outcome: asks('the access key'),
  },
  {
    rrsa: undefined,
    fields: ['an access key', 'rrsaRoleARN'],
    outcome: twoIdentities,
  },
  {
    rrsa: undefined,
    fields: ['an access key', 'assumeRoleARN'],
    outcome: asks('the access key → `assumeRoleARN`'),
  },
  {
    rrsa: undefined,
    fields: ['an access key', 'rrsaRoleARN', 'assumeRoleARN'],
    outcome: twoIdentities,
  },
];

function asks(who: string): Outcome {
  return { kind: 'asks', who };
}
