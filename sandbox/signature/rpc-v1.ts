import { createHmac } from 'node:crypto';
import { Refusal } from '../gateway/refusal.ts';
import { formParameters, parametersOf, type PresentedCall } from '../gateway/presented-call.ts';
import { byName, percentEncode, required, utcTimeMs, type Claim } from './claim.ts';

/** Source: Alibaba Cloud OpenAPI, "RPC request structure and signature" (V1). */
export function rpcV1StringToSign(
  method: string,
  parameters: readonly (readonly [string, string])[],
): string {
  const canonical = parameters
    .toSorted(byName)
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
  return `${method}&${percentEncode('/')}&${percentEncode(canonical)}`;
}

export function rpcV1Signature(stringToSign: string, accessKeySecret: string): string {
  return createHmac('sha1', `${accessKeySecret}&`).update(stringToSign).digest('base64');
}

/** Reads an RPC call signed in its query, as older official SDKs sign. Throws Refusal. */
export function rpcV1Claim(call: PresentedCall): Claim {
  const parameters = parametersOf(call);
  const parameter = (name: string): string => required(name, parameters.get(name));
  const accessKeyId = parameter('AccessKeyId');
  if (parameter('SignatureMethod') !== 'HMAC-SHA1' || parameter('SignatureVersion') !== '1.0') {
    throw new Refusal('IncompleteSignature');
  }
  const signed = [...call.query, ...formParameters(call)].filter(([name]) => name !== 'Signature');
  const stringToSign = rpcV1StringToSign(call.method, signed);
  return {
    accessKeyId,
    securityToken: parameters.get('SecurityToken'),
    signedAtMs: utcTimeMs(parameter('Timestamp')),
    nonce: parameter('SignatureNonce'),
    signature: parameter('Signature'),
    stringToSign,
    expectedSignature: (secret) => rpcV1Signature(stringToSign, secret),
  };
}
