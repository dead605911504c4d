import type { AccessDenied } from '../failures/cloud-refusal.ts';
import type { Cause } from './explanation.ts';
import type { PolicyStatement } from './policy-statement.ts';

/** Whose policies did not let an action through, and what would. */
export interface DeniedRight {
  readonly principal: string;
  readonly action: string;
  /** E.g. `Add to a custom policy attached to it`; the cloud's own policies cannot be edited. */
  readonly mend: string;
  readonly statement: PolicyStatement;
}

/** What RAM says of a denial by other policies than a role's trust policy. */
export function explainDenial({ denial, policyType }: AccessDenied, right: DeniedRight): Cause {
  const { principal, action, mend, statement } = right;
  if (denial === 'ExplicitDeny') {
    return {
      what: `a Deny statement${policyType === undefined ? '' : ` (${policyType})`} forbids ${principal} ${action}`,
      mend: 'Remove or narrow that statement: no other one can outweigh it',
    };
  }
  if (policyType === undefined || policyType.includes('IdentityBasedPolicy')) {
    return { what: `${principal} lacks ${action}`, mend, statement };
  }
  return {
    what: `a policy of the kind ${policyType} does not let ${principal} do ${action}`,
    mend: 'Allow it there: policies of its own are not what is missing',
  };
}
