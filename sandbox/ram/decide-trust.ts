import { roleArn, arnOf, rootArn, type Caller } from '../credentials/caller.ts';
import type { TrustPolicy } from '../world/policy-document.ts';
import { evaluateCondition, type RequestFacts } from './condition.ts';
import { namesAction, type Decision } from './evaluate-policies.ts';

/** Who wants to assume a role. */
export type Assumer =
  /** A service of the cloud, e.g. `ecs.aliyuncs.com`. */
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'caller'; readonly caller: Caller }
  /** Whoever an OIDC provider vouches for. */
  | { readonly kind: 'federated'; readonly providerArn: string };

type Principal = TrustPolicy['Statement'][number]['Principal'];

/**
 * Decides by a role's trust policy who may assume it; without one nobody may. `sts:AssumeRole` is the action for
 * every kind of principal. A condition on a fact that is not known grants nothing in an Allow and holds in a Deny.
 * Source: RAM documentation, "Trust policies" and "How RAM evaluates policies when a role is assumed".
 */
export function decideTrust(
  policy: TrustPolicy | undefined,
  assumer: Assumer,
  facts: RequestFacts,
): Decision {
  const applying = (policy?.Statement ?? []).filter(({ Effect, Action, Principal, Condition }) => {
    if (!namesAction({ Action }, 'sts:AssumeRole') || !isPrincipal(Principal, assumer)) return false;
    const outcome = evaluateCondition(Condition, facts);
    return Effect === 'Deny' ? outcome !== 'unmet' : outcome === 'met';
  });
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'explicit-deny';
  return applying.length > 0 ? 'allowed' : 'implicit-deny';
}

/** Names in full: no page has patterns of principals. */
function isPrincipal(principal: Principal, assumer: Assumer): boolean {
  switch (assumer.kind) {
    case 'service':
      return principal.Service?.includes(assumer.name) ?? false;
    case 'federated':
      return principal.Federated?.includes(assumer.providerArn) ?? false;
    case 'caller':
      return namesOf(assumer.caller).some((name) => principal.RAM?.includes(name) ?? false);
  }
}

/** `…:root` stands for everybody of an account whom that account lets assume roles. */
function namesOf(caller: Caller): readonly string[] {
  const { account } = caller;
  const own = caller.kind === 'role-session' ? roleArn(account, caller.roleName) : arnOf(caller);
  return [own, rootArn(account)];
}
