import { createHash, createHmac } from 'node:crypto';
import { Refusal } from '../gateway/refusal.ts';
import type { PresentedCall } from '../gateway/presented-call.ts';
import { byName, percentEncode, required, utcTimeMs, type Claim } from './claim.ts';

export const acs3Algorithm = 'ACS3-HMAC-SHA256';

const authorization = new RegExp(
  `^${acs3Algorithm} Credential=([^,\\s]+),\\s*SignedHeaders=([^,\\s]+),\\s*Signature=([0-9a-f]{64})$`,
);

/** What ACS3-HMAC-SHA256 signs. */
export interface CanonicalParts {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** Lower-case names, in the order signed. */
  readonly headers: readonly (readonly [string, string])[];
  readonly payloadHash: string;
}

/** Source: Alibaba Cloud OpenAPI, "V3 request structure and signature". */
export function canonicalRequest(parts: CanonicalParts): string {
  const query = parts.query
    .toSorted(byName)
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`);
  return [
    parts.method,
    parts.path === '' ? '/' : parts.path,
    query.join('&'),
    parts.headers.map(([name, value]) => `${name}:${value.trim()}\n`).join(''),
    parts.headers.map(([name]) => name).join(';'),
    parts.payloadHash,
  ].join('\n');
}

export function acs3StringToSign(canonical: string): string {
  return `${acs3Algorithm}\n${sha256Hex(canonical)}`;
}

export function acs3Signature(stringToSign: string, accessKeySecret: string): string {
  return createHmac('sha256', accessKeySecret).update(stringToSign).digest('hex');
}

/**
 * Reads a call that carries an ACS3-HMAC-SHA256 authorization. Throws Refusal where a part is missing, a header
 * that has to be signed is not, or the body is not the one that was hashed. How the cloud answers the latter
 * two is unknown; to refuse them as signatures that do not match is the stricter reading.
 */
export function acs3Claim(call: PresentedCall): Claim {
  const parts = authorization.exec(call.headers.get('authorization') ?? '');
  const [, accessKeyId, signedNames, signature] = parts ?? [];
  if (accessKeyId === undefined || signedNames === undefined || signature === undefined) {
    throw new Refusal('IncompleteSignature');
  }
  const header = (name: string): string => required(name, call.headers.get(name));
  const signedAtMs = utcTimeMs(header('x-acs-date'));
  const nonce = header('x-acs-signature-nonce');
  const payloadHash = header('x-acs-content-sha256');
  if (payloadHash !== sha256Hex(call.body)) {
    throw new Refusal('SignatureDoesNotMatch', 'The body is not the one that x-acs-content-sha256 is of.');
  }
  const keyInHeader = call.headers.get('x-acs-accesskey-id');
  if (keyInHeader !== null && keyInHeader !== accessKeyId) {
    throw new Refusal('InvalidSecurityToken.MismatchWithAccessKey');
  }
  const { method, path, query } = call;
  const headers = signedHeaders(call, signedNames.split(';'));
  const stringToSign = acs3StringToSign(canonicalRequest({ method, path, query, headers, payloadHash }));
  return {
    accessKeyId,
    securityToken: call.headers.get('x-acs-security-token') ?? undefined,
    signedAtMs,
    nonce,
    signature,
    stringToSign,
    expectedSignature: (secret) => acs3Signature(stringToSign, secret),
  };
}

/**
 * The documentation has the names sorted, and an SDK signs what it sends. Whether the cloud minds another order,
 * a name said twice or one without a header is unknown: the stricter reading.
 */
function signedHeaders(call: PresentedCall, names: readonly string[]): readonly [string, string][] {
  const present = new Map([...call.headers, ['host', call.host]]);
  const mustBeSigned = [...present.keys()].filter(
    (name) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'),
  );
  const unsigned = mustBeSigned.filter((name) => !names.includes(name));
  if (unsigned.length > 0) {
    throw new Refusal(
      'SignatureDoesNotMatch',
      `These headers have to be signed and are not: ${unsigned.join(', ')}.`,
    );
  }
  return names.map((name, index) => {
    const value = present.get(name);
    const before = names[index - 1];
    if (value === undefined || (before !== undefined && before >= name)) {
      throw new Refusal(
        'SignatureDoesNotMatch',
        `SignedHeaders are names of headers that were sent, in order and each once; ${name} is not.`,
      );
    }
    return [name, value];
  });
}

function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
