import { createHash, createHmac } from 'node:crypto';
import { Refusal } from '../gateway/refusal.ts';
import type { PresentedCall } from '../gateway/presented-call.ts';
import { byName, required, type Claim } from './claim.ts';

const authorization = /^acs ([^:\s]+):([A-Za-z0-9+/]{27}=)$/;

/** Source: Alibaba Cloud OpenAPI, "ROA request structure and signature" (V1). Query values are not escaped. */
export function roaV1StringToSign(
  call: Pick<PresentedCall, 'method' | 'path' | 'query' | 'headers'>,
): string {
  const plain = ['accept', 'content-md5', 'content-type', 'date'].map((name) => call.headers.get(name) ?? '');
  const acs = [...call.headers]
    .filter(([name]) => name.startsWith('x-acs-'))
    .toSorted(byName)
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  const query = call.query
    .toSorted(byName)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&');
  const resource = query === '' ? call.path : `${call.path}?${query}`;
  return `${[call.method, ...plain].join('\n')}\n${acs.join('')}${resource}`;
}

export function roaV1Signature(stringToSign: string, accessKeySecret: string): string {
  return createHmac('sha1', accessKeySecret).update(stringToSign).digest('base64');
}

/** Reads a ROA call with an `acs KEY:signature` authorization, as older official SDKs sign. Throws Refusal. */
export function roaV1Claim(call: PresentedCall): Claim {
  const [, accessKeyId, signature] = authorization.exec(call.headers.get('authorization') ?? '') ?? [];
  if (accessKeyId === undefined || signature === undefined) throw new Refusal('IncompleteSignature');
  const header = (name: string): string => required(name, call.headers.get(name));
  if (header('x-acs-signature-method') !== 'HMAC-SHA1' || header('x-acs-signature-version') !== '1.0') {
    throw new Refusal('IncompleteSignature');
  }
  const signedAtMs = Date.parse(header('date'));
  if (Number.isNaN(signedAtMs)) throw new Refusal('InvalidTimeStamp.Format');
  refuseOtherBody(call);
  const stringToSign = roaV1StringToSign(call);
  return {
    accessKeyId,
    securityToken: call.headers.get('x-acs-security-token') ?? undefined,
    signedAtMs,
    nonce: header('x-acs-signature-nonce'),
    signature,
    stringToSign,
    expectedSignature: (secret) => roaV1Signature(stringToSign, secret),
  };
}

/** Whether the cloud insists on the hash is unknown; without it a body would not be signed at all. */
function refuseOtherBody(call: PresentedCall): void {
  if (call.body.length === 0) return;
  const hash = createHash('md5').update(call.body).digest('base64');
  if (call.headers.get('content-md5') !== hash) throw new Refusal('SignatureDoesNotMatch');
}
