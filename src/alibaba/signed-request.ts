import { randomUUID } from 'node:crypto';
import { OpenApiUtil } from '@alicloud/openapi-core';
import { Request } from '@darabonba/typescript';
import type { ApiRequest } from './api-request.ts';
import type { Credentials } from './credentials.ts';

/** One call of an OpenAPI product: RPC style has path `/` and its parameters in the query. */
export interface OpenApiCall {
  readonly endpoint: URL;
  readonly action: string;
  /** The product's API version, e.g. `2018-12-01`. */
  readonly version: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

const algorithm = 'ACS3-HMAC-SHA256';

/**
 * Signs a call without a body. The signature itself is the official SDK core's (docs/adr/0003); only the
 * headers it covers are put together here.
 * Source: Alibaba Cloud OpenAPI, "V3 request structure and signature".
 */
export function signedRequest(call: OpenApiCall, credentials: Credentials, nowMs: number): ApiRequest {
  const payloadHash = OpenApiUtil.hash(Buffer.alloc(0), algorithm).toString('hex');
  const headers: Record<string, string> = {
    host: call.endpoint.host,
    accept: 'application/json',
    'x-acs-action': call.action,
    'x-acs-version': call.version,
    'x-acs-date': new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': payloadHash,
  };
  if (credentials.session !== undefined) {
    headers['x-acs-accesskey-id'] = credentials.accessKeyId;
    headers['x-acs-security-token'] = credentials.session.securityToken.reveal();
  }
  const request = new Request();
  Object.assign(request, { method: call.method, pathname: call.path, query: { ...call.query }, headers });
  const secret = credentials.accessKeySecret.reveal();
  headers['authorization'] = OpenApiUtil.getAuthorization(
    request,
    algorithm,
    payloadHash,
    credentials.accessKeyId,
    secret,
  );
  const url = new URL(call.path, call.endpoint);
  for (const [name, value] of Object.entries(call.query)) url.searchParams.set(name, value);
  return { url, method: call.method, headers };
}
