import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { metadataService } from './metadata-service.ts';

const signal = new AbortController().signal;
const credentials = {
  Code: 'Success',
  AccessKeyId: 'STS.example',
  AccessKeySecret: 'example-secret',
  SecurityToken: 'example-session',
  Expiration: '2026-01-01T06:00:00Z',
};
const role = '/latest/meta-data/ram/security-credentials/';
const pages: Record<string, string> = {
  '/latest/meta-data/region-id': 'cn-hangzhou',
  [role]: 'NodeRole\n',
  [`${role}NodeRole`]: JSON.stringify(credentials),
};

describe('the metadata service', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** `tokenStatus` is what a request for a hardened-mode token gets; only 200 makes pages need that token. */
  async function serve(tokenStatus: number, served = pages, isHardenedModeOnly = false) {
    const started = createServer((request, response) => {
      const path = request.url ?? '';
      if (request.method === 'PUT') return response.writeHead(tokenStatus).end('example-token');
      const isAllowed =
        tokenStatus !== 200 || request.headers['x-aliyun-ecs-metadata-token'] === 'example-token';
      const page = served[path];
      return response.writeHead(isAllowed ? (page === undefined ? 404 : 200) : 403).end(page);
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const endpoint = new URL(`http://127.0.0.1:${(started.address() as AddressInfo).port}`);
    return metadataService({ endpoint, isHardenedModeOnly });
  }

  it.each([
    ['hardened', 200],
    ['normal', 404],
  ])('gives the credentials of the node’s role in %s mode', async (_mode, tokenStatus) => {
    const read = await (await serve(tokenStatus)).nodeRole(signal);
    expect(read.accessKeyId).toBe('STS.example');
    expect(read.session?.securityToken.reveal()).toBe('example-session');
    expect(read.session?.expiresAtMs).toBe(Date.parse('2026-01-01T06:00:00Z'));
  });

  it('gives the region', async () => {
    expect(await (await serve(200)).regionId(signal)).toBe('cn-hangzhou');
  });

  it('does not fall back to the normal mode where only the hardened one is allowed', async () => {
    const metadata = await serve(403, pages, true);
    await expect(metadata.nodeRole(signal)).rejects.toMatchObject({ code: 'METADATA_MALFORMED' });
  });

  it('says that the node has no role, and what to do', async () => {
    const metadata = await serve(200, {});
    await expect(metadata.nodeRole(signal)).rejects.toMatchObject({
      code: 'METADATA_NO_ROLE',
      message: expect.stringContaining('accessKeySecretRef') as string,
    });
  });

  it('refuses half-finished credentials without quoting them', async () => {
    const unfinished = {
      ...pages,
      [`${role}NodeRole`]: '{"Code":"Success","AccessKeySecret":"example-secret"}',
    };
    const metadata = await serve(200, unfinished);
    const failure = await metadata.nodeRole(signal).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'METADATA_MALFORMED' });
    expect(String(failure)).not.toContain('example-secret');
  });

  it.each([
    ['PUT', '3', { kind: 'after', delayMs: 3_000 }],
    ['GET', '3', { kind: 'after', delayMs: 3_000 }],
    ['GET', '99999999', { kind: 'after', delayMs: 300_000 }],
    ['GET', undefined, { kind: 'backoff' }],
    ['GET', '0', { kind: 'backoff' }],
    ['GET', 'Wed, 21 Oct 2026 07:28:00 GMT', { kind: 'backoff' }],
  ])('asks to slow down at %s with Retry-After %s', async (throttledMethod, retryAfter, retry) => {
    const started = createServer(({ method }, response) => {
      const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
      if (method === throttledMethod) response.writeHead(429, headers).end();
      else response.end('example-token');
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const endpoint = new URL(`http://127.0.0.1:${(started.address() as AddressInfo).port}`);
    const metadata = metadataService({ endpoint, isHardenedModeOnly: false });
    await expect(metadata.nodeRole(signal)).rejects.toMatchObject({ code: 'METADATA_THROTTLED', retry });
  });

  it('says that nothing answers', async () => {
    const metadata = metadataService({ endpoint: new URL('http://127.0.0.1:9'), isHardenedModeOnly: false });
    await expect(metadata.regionId(signal)).rejects.toMatchObject({ code: 'METADATA_UNREACHABLE' });
  });
});
