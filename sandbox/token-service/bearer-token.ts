import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Access } from './scope.ts';
import { signatureAlgorithm, type SigningKey } from './signing-key.ts';

/** As in the cloud's own tokens, whatever the region and the edition. */
export const issuer = 'dockerauth.aliyuncs.com';

export interface BearerClaims {
  readonly subject: string;
  /** The service that the token is for: the registry accepts no other. */
  readonly audience: string;
  readonly access: readonly Access[];
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** A signed token as registries take it. Source: distribution, "Token Authentication Implementation". */
export function bearerToken(key: SigningKey, claims: BearerClaims): Promise<string> {
  const issuedAt = toSeconds(claims.issuedAtMs);
  return new SignJWT({ access: claims.access })
    .setProtectedHeader({ typ: 'JWT', alg: signatureAlgorithm, kid: key.keyId })
    .setIssuer(issuer)
    .setSubject(claims.subject)
    .setAudience(claims.audience)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(toSeconds(claims.expiresAtMs))
    .setJti(randomUUID())
    .sign(key.privateKey);
}

/** Down, so that a token never ends later than it may. */
function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
