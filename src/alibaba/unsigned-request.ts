import { randomUUID } from 'node:crypto';
import type { ApiRequest } from './api-request.ts';

/** A call that proves by what is in it who is asking: `form` holds its parameters, since a URL would be logged. */
export interface UnsignedCall {
  readonly endpoint: URL;
  readonly action: string;
  /** The product's API version, e.g. `2015-04-01`. */
  readonly version: string;
  readonly form: Readonly<Record<string, string>>;
}

/** Source: Alibaba Cloud OpenAPI, "V3 request structure and signature", without the signature. */
export function unsignedRequest(
  { endpoint, action, version, form }: UnsignedCall,
  nowMs: number,
): ApiRequest {
  return {
    url: new URL('/', endpoint),
    method: 'POST',
    headers: {
      host: endpoint.host,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': action,
      'x-acs-version': version,
      'x-acs-date': new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
      'x-acs-signature-nonce': randomUUID(),
    },
    body: new URLSearchParams(form).toString(),
  };
}
