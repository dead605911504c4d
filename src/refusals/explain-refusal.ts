import type { CloudRefusal } from '../failures/cloud-refusal.ts';
import { explainAssumeRoleRefusal } from './explain-assume-role-refusal.ts';
import { explainOidcRefusal } from './explain-oidc-refusal.ts';
import { explainRegistryRefusal } from './explain-registry-refusal.ts';
import type { Explanation } from './explanation.ts';
import type { RefusedStep } from './refused-step.ts';

/** Why the cloud refused a step, as far as what it said goes, and what to do about it. */
export function explainRefusal(step: RefusedStep, refusal: CloudRefusal): Explanation {
  switch (step.kind) {
    case 'assume-role-with-oidc':
      return explainOidcRefusal(step, refusal);
    case 'assume-role':
      return explainAssumeRoleRefusal(step, refusal);
    case 'container-registry':
      return explainRegistryRefusal(step, refusal);
  }
}
