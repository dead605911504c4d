import type { CloudRefusal } from '../failures/cloud-refusal.ts';
import { explainDenial } from './explain-denial.ts';
import { certainly, unknown, type Cause, type Explanation } from './explanation.ts';
import { accountOf, deniedPrincipal } from './named-principal.ts';
import { rightToRegistry } from './policy-statement.ts';
import type { ContainerRegistryStep } from './refused-step.ts';

/** The codes of Container Registry are not published; these are told by their form. */
const lackOfRight = /NoPermission|Forbidden/;
const lackOfInstance = /^(?=.*instance)(?=.*not_?(exist|found))/i;

export function explainRegistryRefusal(step: ContainerRegistryStep, refusal: CloudRefusal): Explanation {
  const { caller, action, instanceId } = step;
  const { code, accessDenied } = refusal;
  if (instanceId !== undefined && lackOfInstance.test(code)) {
    return {
      kind: 'candidates',
      outcome: `${caller.who} was told that there is no ${instanceId} in ${step.regionId}`,
      causes: [otherRegion(step), otherAccount(step, instanceId), misspelt],
    };
  }
  if (!lackOfRight.test(code)) return unknown;
  if (accessDenied?.denial !== undefined) {
    const principal = deniedPrincipal(accessDenied, caller);
    return certainly(explainDenial(accessDenied, missingRight(accessDenied.action ?? action, principal)));
  }
  const { mend, statement } = missingRight(action, caller.who);
  const lack = { what: `it lacks ${action}`, mend, statement };
  return {
    kind: 'candidates',
    outcome: `${caller.who} may not ${action}`,
    causes: instanceId === undefined ? [lack, denial] : [lack, denial, otherAccount(step, instanceId)],
  };
}

function missingRight(action: string, principal: string) {
  const isAvoidable = action === 'cr:ListInstanceEndpoint';
  const mend = `Add to a custom policy attached to it${isAvoidable ? ', or list the instance’s domains (domains: "…")' : ''}`;
  return { principal, action, mend, statement: rightToRegistry(action) };
}

const denial: Cause = {
  what: 'a Deny statement in a policy attached to it forbids it',
  mend: 'Remove or narrow that statement',
};

function otherRegion({ regionId }: ContainerRegistryStep): Cause {
  return {
    what: `it is in another region than ${regionId}`,
    mend: 'Write that region into its entry (regionId)',
  };
}

function otherAccount({ caller }: ContainerRegistryStep, instanceId: string): Cause {
  const account = caller.arn === undefined ? undefined : accountOf(caller.arn);
  return {
    what: `${instanceId} is of another account than ${account ?? 'that of whoever asked'}`,
    mend: 'Let its entry assume a role of that account (assumeRoleARN)',
  };
}

const misspelt: Cause = { what: 'its id is another', mend: 'Copy it from the Container Registry console' };
