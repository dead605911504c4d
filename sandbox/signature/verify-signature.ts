import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccessKeys } from '../credentials/access-keys.ts';
import type { Caller } from '../credentials/caller.ts';
import type { PresentedCall } from '../gateway/presented-call.ts';
import { Refusal } from '../gateway/refusal.ts';
import { acs3Algorithm, acs3Claim } from './acs3.ts';
import type { Claim } from './claim.ts';
import { roaV1Claim } from './roa-v1.ts';
import { rpcV1Claim } from './rpc-v1.ts';
import { signatureWindowMs, type UsedNonces } from './used-nonces.ts';

export interface SignatureMemory {
  readonly accessKeys: AccessKeys;
  readonly usedNonces: UsedNonces;
}

/**
 * Finds who signed a call. Throws Refusal: unknown or inactive key, wrong time, signature or security token, or
 * a nonce that was used. Only a call whose signature holds uses up its nonce.
 */
export function verifySignature(call: PresentedCall, memory: SignatureMemory, nowMs: number): Caller {
  const claim = claimOf(call);
  if (Math.abs(nowMs - claim.signedAtMs) > signatureWindowMs) throw new Refusal('InvalidTimeStamp.Expired');
  const key = memory.accessKeys.find(claim.accessKeyId, claim.securityToken);
  if (!isEqual(claim.signature, claim.expectedSignature(key.accessKeySecret))) {
    throw new Refusal(
      'SignatureDoesNotMatch',
      `Specified signature is not matched with our calculation. server string to sign is:${claim.stringToSign}`,
    );
  }
  if (!memory.usedNonces.use(claim.accessKeyId, claim.nonce, nowMs)) throw new Refusal('SignatureNonceUsed');
  if (key.expiresAtMs !== undefined && nowMs >= key.expiresAtMs) {
    throw new Refusal('InvalidSecurityToken.Expired');
  }
  return key.caller;
}

/** The older signatures are one for RPC, which covers no path, and one for ROA: neither is good for the other. */
function claimOf(call: PresentedCall): Claim {
  const authorization = call.headers.get('authorization');
  if (authorization?.startsWith(acs3Algorithm) === true) return acs3Claim(call);
  const isRpc = call.path === '/';
  if (isRpc !== (authorization === null)) throw new Refusal('IncompleteSignature');
  return isRpc ? rpcV1Claim(call) : roaV1Claim(call);
}

/** In constant time; hashed first, since the lengths may differ. */
function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
