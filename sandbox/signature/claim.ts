import { Refusal, missingParameter } from '../gateway/refusal.ts';

/** What a signed call says about itself; nothing of it is proven before the signature was calculated again. */
export interface Claim {
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly signedAtMs: number;
  readonly nonce: string;
  /** The signature as sent, in the scheme's own encoding. */
  readonly signature: string;
  /** What was to be signed, as the gateway reads the call. Holds the security token, never the secret. */
  readonly stringToSign: string;
  /** The signature that whoever has this secret would have sent. */
  expectedSignature(accessKeySecret: string): string;
}

export function required(name: string, value: string | null | undefined): string {
  if (value === null || value === undefined || value === '') throw missingParameter(name);
  return value;
}

/** Reads `2026-01-31T23:59:59Z`. Throws InvalidTimeStamp.Format. */
export function utcTimeMs(text: string): number {
  const timeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs)) throw new Refusal('InvalidTimeStamp.Format');
  return timeMs;
}

/** RFC 3986: all but letters, digits and `-._~` is escaped. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** By character code, as every SDK sorts names; a locale would sort capitals elsewhere. */
export function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
