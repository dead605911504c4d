import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { signedRequest } from './signed-request.ts';

const call = {
  endpoint: new URL('https://cr.cn-hangzhou.aliyuncs.com'),
  action: 'GetAuthorizationToken',
  version: '2018-12-01',
  method: 'POST',
  path: '/',
  query: { InstanceId: 'cri-a b*~' },
} as const;
const accessKey = { accessKeyId: 'example-id', accessKeySecret: new Sensitive('example-secret') };
const session = { securityToken: new Sensitive('example-session'), expiresAtMs: 0 };
const nowMs = Date.parse('2026-01-02T03:04:05.678Z');

describe('a signed request', () => {
  it('says who, what and when, in the headers that the signature covers', () => {
    const { headers, url } = signedRequest(call, { ...accessKey, session }, nowMs);
    expect(url.searchParams.get('InstanceId')).toBe('cri-a b*~');
    expect(headers['x-acs-date']).toBe('2026-01-02T03:04:05Z');
    expect(headers['x-acs-security-token']).toBe('example-session');
    expect(headers['authorization']).toContain(
      'SignedHeaders=host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;' +
        'x-acs-security-token;x-acs-signature-nonce;x-acs-version',
    );
  });

  it('carries the signature that the published algorithm gives', () => {
    const { headers } = signedRequest(call, accessKey, nowMs);
    const names = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-acs-'));
    const signed = names.toSorted();
    const canonical = [
      'POST',
      '/',
      'InstanceId=cri-a%20b%2A~',
      ...signed.map((name) => `${name}:${headers[name]}`),
      '',
      signed.join(';'),
      createHash('sha256').update('').digest('hex'),
    ].join('\n');
    const digest = createHash('sha256').update(canonical).digest('hex');
    const signature = createHmac('sha256', 'example-secret')
      .update(`ACS3-HMAC-SHA256\n${digest}`)
      .digest('hex');
    expect(headers['authorization']).toMatch(new RegExp(`Signature=${signature}$`));
  });

  it('is never the same twice', () => {
    const nonces = [1, 2].map(() => signedRequest(call, accessKey, nowMs).headers['x-acs-signature-nonce']);
    expect(new Set(nonces).size).toBe(2);
  });
});
