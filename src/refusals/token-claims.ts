import { z } from 'zod';
import { parseJsonText } from '../runtime/json-text.ts';
import type { Sensitive } from '../runtime/sensitive.ts';

/** What an OIDC token says of itself (RFC 7519, section 4.1); a claim may be missing. */
export interface TokenClaims {
  readonly iss: string | undefined;
  readonly sub: string | undefined;
  readonly aud: readonly string[];
  readonly expiresAtMs: number | undefined;
}

/** Longer than any issuer or name of a ServiceAccount. */
const longestClaim = 400;
const claim = z.string().min(1).max(longestClaim);

const payload = z.object({
  iss: claim.optional().catch(undefined),
  sub: claim.optional().catch(undefined),
  aud: z
    .union([claim.transform((one) => [one]), z.array(claim)])
    .optional()
    .catch(undefined),
  // Beyond it there is no Date.
  exp: z.number().min(0).max(8_640_000_000_000).optional().catch(undefined),
});

/** Nothing is verified: these are for people to compare. Of a text that is no token, no claims. */
export function readTokenClaims(token: Sensitive): TokenClaims {
  const [, middle = ''] = token.reveal().split('.');
  const read = payload.safeParse(parseJsonText(Buffer.from(middle, 'base64url').toString('utf8')));
  const { iss, sub, aud = [], exp } = read.data ?? {};
  return { iss, sub, aud, expiresAtMs: exp === undefined ? undefined : exp * 1_000 };
}
