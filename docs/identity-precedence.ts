import type { InstanceField } from '../src/settings/schema.ts';

/** Who asks for an entry's logins, for each combination of what decides it; the test reads an entry for each cell. */
export interface PrecedenceRow {
  /** Whether `rrsa` is on; undefined: that makes no difference. */
  readonly rrsa: boolean | undefined;
  /** What is written in the entry. */
  readonly fields: readonly PrecedenceField[];
  readonly personal: Outcome;
  /** The same for one id and for each of several. */
  readonly enterprise: Outcome;
}

/** Some way of writing the entry's own access key, or the roles; RRSA's two fields go together. */
export type PrecedenceField = 'an access key' | (InstanceField & ('rrsaRoleARN' | 'assumeRoleARN'));

export type Outcome =
  | { readonly kind: 'asks'; readonly who: string; readonly isTold?: true }
  | { readonly kind: 'refused'; readonly mends: readonly string[] };

const nodeRole: Outcome = { kind: 'asks', who: 'the node’s role' };
const personalHasNone: Outcome = {
  kind: 'refused',
  mends: ['remove the role', 'use an Enterprise instance'],
};
const offButWritten: Outcome = { kind: 'refused', mends: ['turn rrsa on', 'remove rrsaRoleARN'] };
const twoIdentities: Outcome = {
  kind: 'refused',
  mends: ['remove the access key', 'remove rrsaRoleARN'],
};

export const precedence: readonly PrecedenceRow[] = [
  { rrsa: false, fields: [], personal: nodeRole, enterprise: nodeRole },
  { rrsa: false, fields: ['rrsaRoleARN'], personal: personalHasNone, enterprise: offButWritten },
  {
    rrsa: false,
    fields: ['assumeRoleARN'],
    personal: personalHasNone,
    enterprise: asks('the node’s role → `assumeRoleARN`'),
  },
  {
    rrsa: false,
    fields: ['rrsaRoleARN', 'assumeRoleARN'],
    personal: personalHasNone,
    enterprise: offButWritten,
  },
  {
    rrsa: true,
    fields: [],
    personal: { ...nodeRole, isTold: true },
    enterprise: asks('the Pod’s role by RRSA'),
  },
  {
    rrsa: true,
    fields: ['rrsaRoleARN'],
    personal: personalHasNone,
    enterprise: asks('`rrsaRoleARN` by RRSA'),
  },
  {
    rrsa: true,
    fields: ['assumeRoleARN'],
    personal: personalHasNone,
    enterprise: asks('the Pod’s role by RRSA → `assumeRoleARN`'),
  },
  {
    rrsa: true,
    fields: ['rrsaRoleARN', 'assumeRoleARN'],
    personal: personalHasNone,
    enterprise: asks('`rrsaRoleARN` by RRSA → `assumeRoleARN`'),
  },
  {
    rrsa: undefined,
    fields: ['an access key'],
    personal: asks('the access key'),
    enterprise: asks('the access key'),
  },
  {
    rrsa: undefined,
    fields: ['an access key', 'rrsaRoleARN'],
    personal: personalHasNone,
    enterprise: twoIdentities,
  },
  {
    rrsa: undefined,
    fields: ['an access key', 'assumeRoleARN'],
    personal: personalHasNone,
    enterprise: asks('the access key → `assumeRoleARN`'),
  },
  {
    rrsa: undefined,
    fields: ['an access key', 'rrsaRoleARN', 'assumeRoleARN'],
    personal: personalHasNone,
    enterprise: twoIdentities,
  },
];

function asks(who: string): Outcome {
  return { kind: 'asks', who };
}
