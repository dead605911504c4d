import { randomUUID } from 'node:crypto';
import { OpenApiUtil } from '@alicloud/openapi-core';
import { Request as OpenApiRequest } from '@darabonba/typescript';

/** An access key as a client of the cloud has it. */
export interface ClientKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

export interface ClientCall {
  readonly key: ClientKey;
  readonly signedAtMs: number;
  readonly host?: string;
  readonly action?: string;
  readonly version?: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
}

const usualHost = 'cr.cn-hangzhou.aliyuncs.com';
const algorithm = 'ACS3-HMAC-SHA256';

/** The key of a RAM user of `world/example.yaml`. */
export function keyOf(userName: string): ClientKey {
  return {
    accessKeyId: `SANDBOX${userName.toUpperCase()}`,
    accessKeySecret: `sandbox-secret-of-${userName}`,
  };
}

/**
 * For tests: a call signed by the core of the official SDK, which knows nothing of the sandbox. RPC style, or
 * ROA where it has a path.
 */
export function signOfficially(call: ClientCall): Request {
  const { key, host = usualHost, path = '/', query = {} } = call;
  const method = path === '/' ? 'POST' : 'GET';
  const payloadHash = OpenApiUtil.hash(Buffer.alloc(0), algorithm).toString('hex');
  const headers: Record<string, string> = {
    host,
    'x-acs-action': call.action ?? 'GetAuthorizationToken',
    'x-acs-version': call.version ?? '2018-12-01',
    'x-acs-date': utcTime(call.signedAtMs),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': payloadHash,
  };
  if (key.securityToken !== undefined) {
    headers['x-acs-accesskey-id'] = key.accessKeyId;
    headers['x-acs-security-token'] = key.securityToken;
  }
  const { accessKeyId, accessKeySecret } = key;
  headers['authorization'] = OpenApiUtil.getAuthorization(
    toSign({ method, pathname: path, query: { ...query }, headers }),
    algorithm,
    payloadHash,
    accessKeyId,
    accessKeySecret,
  );
  const url = new URL(`https://${host}${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return new Request(url, { method, headers });
}

/** The same by the older signature that is part of the query. */
export function signOfficiallyInQuery({ key, signedAtMs, query: own }: ClientCall): Request {
  const query: Record<string, string> = {
    Action: 'GetAuthorizationToken',
    Version: '2018-12-01',
    Format: 'JSON',
    AccessKeyId: key.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: randomUUID(),
    Timestamp: utcTime(signedAtMs),
    ...own,
  };
  const Signature = OpenApiUtil.getRPCSignature(query, 'GET', key.accessKeySecret);
  const url = new URL(`https://${usualHost}/`);
  url.search = new URLSearchParams({ ...query, Signature }).toString();
  return new Request(url);
}

/** `GET /tokens` of Personal Edition, or a GET of another path, by the older signature of ROA. */
export function signOfficiallyAsRoa({ key, signedAtMs, path = '/tokens', ...call }: ClientCall): Request {
  const headers: Record<string, string> = {
    accept: 'application/json',
    date: new Date(signedAtMs).toUTCString(),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-signature-method': 'HMAC-SHA1',
    'x-acs-signature-version': '1.0',
    'x-acs-version': call.version ?? '2016-06-07',
    ...(call.action === undefined ? {} : { 'x-acs-action': call.action }),
  };
  const text = OpenApiUtil.getStringToSign(toSign({ method: 'GET', pathname: path, query: {}, headers }));
  const signature = OpenApiUtil.getROASignature(text, key.accessKeySecret);
  headers['authorization'] = `acs ${key.accessKeyId}:${signature}`;
  return new Request(`https://${usualHost}${path}`, { headers });
}

function toSign(parts: object): OpenApiRequest {
  return Object.assign(new OpenApiRequest(), parts);
}

function utcTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+/, '');
}
