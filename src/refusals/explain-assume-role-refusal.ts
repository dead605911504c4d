import { trustPolicy, type AccessDenied, type CloudRefusal } from '../failures/cloud-refusal.ts';
import { explainDenial } from './explain-denial.ts';
import { explainRoleRefusal } from './explain-role-refusal.ts';
import { certainly, unknown, type Cause, type Explanation } from './explanation.ts';
import { deniedPrincipal, nameOf } from './named-principal.ts';
import { rightToAssume, trustInPrincipal } from './policy-statement.ts';
import type { AssumeRoleStep } from './refused-step.ts';

/**
 * AssumeRole needs the right of whoever asks and the trust of the role, and mostly the answer to a lack of either is
 * the same. Source: API page of AssumeRole, "Error codes"; RAM, "FAQ about RAM roles and STS tokens".
 */
export function explainAssumeRoleRefusal(step: AssumeRoleStep, refusal: CloudRefusal): Explanation {
  const aboutRole = explainRoleRefusal(step, refusal);
  if (aboutRole !== undefined) return aboutRole;
  if (refusal.code !== 'NoPermission') return unknown;
  if (/root account/i.test(refusal.message)) {
    return certainly({
      what: 'the access key is that of an Alibaba Cloud account itself, which can assume no role',
      mend: 'Use the key of a RAM user',
    });
  }
  if (refusal.accessDenied?.denial !== undefined) return explainAccessDenied(step, refusal.accessDenied);
  return ambiguous(step, step.caller.who);
}

function explainAccessDenied(step: AssumeRoleStep, denied: AccessDenied): Explanation {
  const { denial, policyType } = denied;
  const isDeny = denial === 'ExplicitDeny';
  if (policyType === trustPolicy) return certainly(isDeny ? denyOf(step) : distrust(step));
  const principal = deniedPrincipal(denied, step.caller);
  if (policyType === undefined) return isDeny ? certainly(someDeny) : ambiguous(step, principal);
  return certainly(explainDenial(denied, missingRight(step, principal)));
}

function ambiguous(step: AssumeRoleStep, principal: string): Explanation {
  const { action, mend, statement } = missingRight(step, principal);
  return {
    kind: 'candidates',
    outcome: `${principal} could not assume ${nameOf(step.roleArn)}`,
    causes: [{ what: `${principal} lacks ${action}`, mend, statement }, distrust(step), someDeny],
  };
}

function missingRight({ roleArn }: AssumeRoleStep, principal: string) {
  return {
    principal,
    action: `sts:AssumeRole on ${nameOf(roleArn)}`,
    mend: 'Attach AliyunSTSAssumeRoleAccess to it or, which is narrower, add to a custom policy attached to it',
    statement: rightToAssume(roleArn),
  };
}

function distrust({ roleArn, caller }: AssumeRoleStep): Cause {
  const what = `the trust policy of ${nameOf(roleArn)} does not name ${caller.who}`;
  return caller.arn === undefined
    ? { what, mend: 'Name it there as a Principal of the kind RAM' }
    : { what, mend: 'Add to that trust policy', statement: trustInPrincipal(caller.arn) };
}

function denyOf({ roleArn, caller }: AssumeRoleStep): Cause {
  return {
    what: `a Deny statement in the trust policy of ${nameOf(roleArn)} forbids ${caller.who} sts:AssumeRole`,
    mend: 'Remove or narrow that statement: no other one can outweigh it',
  };
}

const someDeny: Cause = {
  what: 'a Deny statement in a policy of either forbids it',
  mend: 'Remove or narrow that statement',
};
