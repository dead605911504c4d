import type { Caller } from '../credentials/caller.ts';
import { accessDenied } from '../gateway/require-permission.ts';
import { Refusal, type AccessDeniedDetail } from '../gateway/refusal.ts';
import { authorizeAnywhere, denied, type Denial } from '../ram/authorize.ts';
import { decideTrust } from '../ram/decide-trust.ts';
import { findAccount, type World } from '../world/world.ts';
import { askedSession, type Parameters } from './asked-session.ts';
import { giveSession, type GivenSession, type SessionSource } from './give-session.ts';
import { findRole } from './role-arn.ts';

const action = 'sts:AssumeRole';

/**
 * A RAM user or a role's session assumes a role, of its own account or another: its own policies have to allow it,
 * and so has the role's trust policy. `SourceIdentity` is not looked at. Throws Refusal.
 * Source: STS documentation, "AssumeRole"; RAM documentation, "How RAM evaluates policies when a role is assumed".
 */
export function assumeRole(
  { world, ...source }: SessionSource & { readonly world: World },
  caller: Caller,
  parameters: Parameters,
  nowMs: number,
): GivenSession {
  const asked = askedSession(parameters);
  const facts = factsOf(parameters);
  if (caller.kind === 'root') {
    throw new Refusal('NoPermission', 'Roles may not be assumed by root accounts.');
  }
  const right = { action, resource: asked.role.arn, alsoDeniedAt: [] };
  const own = authorizeAnywhere(world, caller, right);
  const isTold = findAccount(world, asked.role.account)?.stsDetails !== 'none';
  const refused = (denial: Denial) =>
    notAuthorized(isTold ? accessDenied(caller, action, denial) : undefined);
  if (own.kind === 'denied') throw refused(own);
  // In which order the cloud asks whether there is such a role is unknown.
  const role = findRole(world, asked.role);
  const trust = decideTrust(role.trustPolicy, { kind: 'caller', caller }, facts);
  if (trust !== 'allowed') throw refused(denied('AssumeRolePolicy', trust));
  return giveSession(source, role, asked, nowMs);
}

/** One text whatever is missing; only the details tell permission and trust policy apart, where there are any. */
function notAuthorized(detail: AccessDeniedDetail | undefined): Refusal {
  const text = 'You are not authorized to do this action. You should be authorized by RAM.';
  return new Refusal('NoPermission', text, detail);
}

function factsOf(parameters: Parameters): Readonly<Record<string, string>> {
  const externalId = parameters.get('ExternalId');
  if (externalId === undefined) return {};
  if (!/^[\w+=,.@:/-]{2,1224}$/.test(externalId)) throw new Refusal('InvalidParameter.ExternalId');
  return { 'sts:ExternalId': externalId };
}
