import type { Caller } from '../credentials/caller.ts';
import type { Lifetimes } from '../lifetimes.ts';
import { instanceRef, type World } from '../world/world.ts';
import type { AuthorizationTokens } from './authorization-tokens.ts';
import { tokenExpiryMs } from './token-lifetime.ts';

export interface PersonalCall {
  readonly world: World;
  readonly tokens: AuthorizationTokens;
  readonly lifetimes: Lifetimes;
  readonly caller: Caller;
  readonly regionId: string;
  readonly nowMs: number;
}

export type PersonalToken =
  | {
      readonly kind: 'given';
      readonly data: {
        readonly authorizationToken: string;
        /** Milliseconds since 1970. */
        readonly expireDate: number;
        readonly tempUserName: string;
      };
    }
  | { readonly kind: 'no-instance' };

/**
 * `GET /tokens` of the old Personal Edition: a token for the account's one instance in the region.
 * Source: Container Registry 2016-06-07, GetAuthorizationToken.
 */
export function givePersonalToken(call: PersonalCall): PersonalToken {
  const instance = call.world.instances
    .filter((one) => one.edition === 'personal')
    .find((one) => one.account === call.caller.account && one.regionId === call.regionId);
  if (instance === undefined) return { kind: 'no-instance' };
  const expiresAtMs = tokenExpiryMs(call.caller, call.lifetimes, call.nowMs);
  const grant = { instance: instanceRef(instance), caller: call.caller, expiresAtMs };
  const { userName, token } = call.tokens.issue(grant);
  return {
    kind: 'given',
    data: { authorizationToken: token, expireDate: expiresAtMs, tempUserName: userName },
  };
}
