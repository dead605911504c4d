import { randomUUID } from 'node:crypto';
import { OpenApiUtil } from '@alicloud/openapi-core';
import { Request as OpenApiRequest } from '@darabonba/typescript';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Calls } from '../control/calls.ts';
import { Faults } from '../control/faults.ts';
import { AccessKeys } from '../credentials/access-keys.ts';
import { Lifetimes } from '../lifetimes.ts';
import { UsedNonces } from '../signature/used-nonces.ts';
import { readWorld } from '../world/read-world.ts';
import { AuthorizationTokens } from './authorization-tokens.ts';
import { containerRegistryApp } from './container-registry-app.ts';

const world = await readWorld(new URL('../world/example.yaml', import.meta.url).pathname);
const algorithm = 'ACS3-HMAC-SHA256';
const acme = { InstanceId: 'cri-sandbox00000001' };
const startMs = Date.parse('2026-01-31T12:00:00Z');

interface Key {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

function keyOf(userName: string): Key {
  return {
    accessKeyId: `SANDBOX${userName.toUpperCase()}`,
    accessKeySecret: `sandbox-secret-of-${userName}`,
  };
}

interface Call {
  readonly key: Key;
  readonly action?: string;
  readonly version?: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly signedAtMs?: number;
}

/** Signed by the official SDK's core, which knows nothing of the sandbox. */
function signed(call: Call, host = 'cr.cn-hangzhou.aliyuncs.com'): Request {
  const query = { ...call.query };
  const path = call.path ?? '/';
  const method = path === '/' ? 'POST' : 'GET';
  const payloadHash = OpenApiUtil.hash(Buffer.alloc(0), algorithm).toString('hex');
  const headers: Record<string, string> = {
    host,
    'x-acs-action': call.action ?? 'GetAuthorizationToken',
    'x-acs-version': call.version ?? '2018-12-01',
    'x-acs-date': new Date(call.signedAtMs ?? startMs).toISOString().replace(/\.\d+/, ''),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': payloadHash,
  };
  if (call.key.securityToken !== undefined) {
    headers['x-acs-accesskey-id'] = call.key.accessKeyId;
    headers['x-acs-security-token'] = call.key.securityToken;
  }
  const toSign = new OpenApiRequest();
  Object.assign(toSign, { method, pathname: path, query, headers });
  const { accessKeyId, accessKeySecret } = call.key;
  headers['authorization'] = OpenApiUtil.getAuthorization(
    toSign,
    algorithm,
    payloadHash,
    accessKeyId,
    accessKeySecret,
  );
  const url = new URL(`https://${host}${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return new Request(url, { method, headers });
}

function freshCloud(timeScale = 1) {
  const now = { ms: startMs };
  const calls = new Calls(() => undefined);
  const control = { calls, faults: new Faults(), nowMs: () => now.ms };
  const accessKeys = new AccessKeys(world);
  const memory = { accessKeys, usedNonces: new UsedNonces() };
  const tokens = new AuthorizationTokens();
  const lifetimes = new Lifetimes(timeScale);
  const logger = pino({ enabled: false });
  const app = (regionId: string) =>
    containerRegistryApp({ world, tokens, lifetimes, memory, control, logger, regionId });
  const hangzhou = app('cn-hangzhou');
  const beijing = app('cn-beijing');
  async function send(request: Request, to = hangzhou) {
    const response = await to.fetch(request);
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  }
  return { now, control, calls, accessKeys, tokens, beijing, send };
}

let cloud = freshCloud();
beforeEach(() => {
  cloud = freshCloud();
});

describe('GetAuthorizationToken', () => {
  it('gives a long-term identity a token for an hour, with the caller’s rights', async () => {
    const { status, body } = await cloud.send(signed({ key: keyOf('puller'), query: acme }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ IsSuccess: true, Code: 'success', TempUsername: 'cr_temp_user' });
    expect(body['ExpireTime']).toBe(startMs + 3_600_000);
    const verified = cloud.tokens.verify('cr_temp_user', String(body['AuthorizationToken']), startMs);
    expect(verified).toMatchObject({
      kind: 'valid',
      grant: { instance: { id: acme.InstanceId }, caller: { name: 'puller' } },
    });
  });

  it('gives it less where time is scaled', async () => {
    const { body } = await freshCloud(600).send(signed({ key: keyOf('puller'), query: acme }));
    expect(body['ExpireTime']).toBe(startMs + 6_000);
  });

  it('gives a session a token that ends with the session, and none after it', async () => {
    const expiresAtMs = startMs + 60_000;
    const key = cloud.accessKeys.issueSession({
      kind: 'role-session',
      account: '1000000000000001',
      roleName: 'KubernetesWorkerRole',
      sessionName: 'node',
      expiresAtMs,
    });
    const { body } = await cloud.send(signed({ key, query: acme }));
    expect(body['ExpireTime']).toBe(expiresAtMs);
    cloud.now.ms = expiresAtMs;
    const late = await cloud.send(signed({ key, query: acme, signedAtMs: expiresAtMs }));
    expect(late.body['Code']).toBe('InvalidSecurityToken.Expired');
  });

  it.each([
    ['a region without it', 'publisher', 'cn-beijing'],
    ['an account without it', 'neighbour', 'cn-hangzhou'],
  ])('does not find the instance from %s, with HTTP 200', async (_, user, region) => {
    const request = signed({ key: keyOf(user), query: acme }, `cr.${region}.aliyuncs.com`);
    const answer = await (region === 'cn-beijing' ? cloud.send(request, cloud.beijing) : cloud.send(request));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ IsSuccess: false, Code: 'INSTANCE_NOT_EXIST' });
  });

  it('tells whoever has no right which one is missing', async () => {
    const { status, body } = await cloud.send(signed({ key: keyOf('stranger'), query: acme }));
    expect(status).toBe(403);
    expect(body).toMatchObject({
      Code: 'NoPermission',
      HostId: 'cr.cn-hangzhou.aliyuncs.com',
      AccessDeniedDetail: {
        AuthAction: 'cr:GetAuthorizationToken',
        AuthPrincipalDisplayName: 'stranger',
        NoPermissionType: 'ImplicitDeny',
      },
    });
  });

  it('asks for the instance it was not told', async () => {
    const { status, body } = await cloud.send(signed({ key: keyOf('puller') }));
    expect([status, body['Code']]).toEqual([400, 'MissingParameter']);
  });
});

describe('a signature', () => {
  it('is refused when any part of the call was altered', async () => {
    const other = signed({ key: keyOf('puller'), query: acme });
    const url = new URL(other.url);
    url.searchParams.set('InstanceId', 'cri-other00000000001');
    const { status, body } = await cloud.send(new Request(url, other));
    expect([status, body['Code']]).toEqual([400, 'SignatureDoesNotMatch']);
  });

  it('is refused when a header was slipped in beside the signed ones', async () => {
    const request = signed({ key: keyOf('puller'), query: acme });
    request.headers.set('x-acs-resource-owner-id', '1');
    const { body } = await cloud.send(request);
    expect(body['Code']).toBe('SignatureDoesNotMatch');
    expect(body['Message']).toContain('x-acs-resource-owner-id');
  });

  it('is refused when the body is not the one that was hashed', async () => {
    const { url, method, headers } = signed({ key: keyOf('puller'), query: acme });
    const { body } = await cloud.send(new Request(url, { method, headers, body: 'Action=Other' }));
    expect(body['Code']).toBe('SignatureDoesNotMatch');
  });

  it('is good once: the same call again is a used nonce', async () => {
    const request = signed({ key: keyOf('puller'), query: acme });
    expect((await cloud.send(request.clone())).status).toBe(200);
    const again = await cloud.send(request);
    expect([again.status, again.body['Code']]).toEqual([400, 'SignatureNonceUsed']);
  });

  it.each([
    [-15 * 60_000, 'success'],
    [15 * 60_000, 'success'],
    [-15 * 60_000 - 1000, 'InvalidTimeStamp.Expired'],
    [15 * 60_000 + 1000, 'InvalidTimeStamp.Expired'],
  ])('by a clock that is %i ms off is answered %s', async (offMs, code) => {
    const request = signed({ key: keyOf('puller'), query: acme, signedAtMs: startMs + offMs });
    expect((await cloud.send(request)).body['Code']).toBe(code);
  });

  it.each([
    [
      'an unknown key',
      { ...keyOf('puller'), accessKeyId: 'SANDBOXNOBODY' },
      404,
      'InvalidAccessKeyId.NotFound',
    ],
    ['a wrong secret', { ...keyOf('puller'), accessKeySecret: 'wrong' }, 400, 'SignatureDoesNotMatch'],
    ['an inactive key', keyOf('leaver'), 400, 'InvalidAccessKeyId.Inactive'],
  ])('with %s is refused', async (_, key, status, code) => {
    const answer = await cloud.send(signed({ key, query: acme }));
    expect([answer.status, answer.body['Code']]).toEqual([status, code]);
  });

  it.each([
    ['no', undefined, 'MissingSecurityToken'],
    ['a mangled', 'token', 'InvalidSecurityToken.Malformed'],
    ['another’s', 'CAISabcd', 'InvalidSecurityToken.MismatchWithAccessKey'],
  ])('of a session with %s security token is refused', async (_, securityToken, code) => {
    const { accessKeyId, accessKeySecret } = cloud.accessKeys.issueSession({
      kind: 'role-session',
      account: '1000000000000001',
      roleName: 'KubernetesWorkerRole',
      sessionName: 'node',
      expiresAtMs: startMs + 60_000,
    });
    const key = { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
    expect((await cloud.send(signed({ key, query: acme }))).body['Code']).toBe(code);
  });

  it('is required', async () => {
    const headers = { 'x-acs-action': 'GetAuthorizationToken', 'x-acs-version': '2018-12-01' };
    const request = new Request('https://cr.cn-hangzhou.aliyuncs.com/', { method: 'POST', headers });
    expect((await cloud.send(request)).body['Code']).toBe('MissingParameter');
  });
});

describe('the older signatures', () => {
  const timestamp = new Date(startMs).toISOString().replace(/\.\d+/, '');

  function rpc(alter: (query: URLSearchParams) => void = () => undefined): Request {
    const key = keyOf('puller');
    const query: Record<string, string> = {
      Action: 'GetAuthorizationToken',
      Version: '2018-12-01',
      Format: 'JSON',
      AccessKeyId: key.accessKeyId,
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      SignatureNonce: randomUUID(),
      Timestamp: timestamp,
      ...acme,
    };
    const Signature = OpenApiUtil.getRPCSignature(query, 'GET', key.accessKeySecret);
    const url = new URL('https://cr.cn-hangzhou.aliyuncs.com/');
    url.search = new URLSearchParams({ ...query, Signature }).toString();
    alter(url.searchParams);
    return new Request(url);
  }

  function roa(): Request {
    const key = keyOf('puller');
    const headers: Record<string, string> = {
      accept: 'application/json',
      date: new Date(startMs).toUTCString(),
      'x-acs-signature-nonce': randomUUID(),
      'x-acs-signature-method': 'HMAC-SHA1',
      'x-acs-signature-version': '1.0',
      'x-acs-version': '2016-06-07',
    };
    const toSign = new OpenApiRequest();
    Object.assign(toSign, { method: 'GET', pathname: '/tokens', query: {}, headers });
    const signature = OpenApiUtil.getROASignature(OpenApiUtil.getStringToSign(toSign), key.accessKeySecret);
    headers['authorization'] = `acs ${key.accessKeyId}:${signature}`;
    return new Request('https://cr.cn-hangzhou.aliyuncs.com/tokens', { headers });
  }

  it('in a query get a token, once', async () => {
    const request = rpc();
    expect((await cloud.send(request.clone())).body['IsSuccess']).toBe(true);
    expect((await cloud.send(request)).body['Code']).toBe('SignatureNonceUsed');
  });

  it('in a query are refused when a parameter was altered', async () => {
    const { body } = await cloud.send(rpc((query) => query.set('InstanceId', 'cri-other00000000001')));
    expect(body['Code']).toBe('SignatureDoesNotMatch');
  });

  it('in a header get a Personal token, once', async () => {
    const request = roa();
    expect((await cloud.send(request.clone())).body).toMatchObject({
      data: { tempUserName: 'cr_temp_user', expireDate: startMs + 3_600_000 },
    });
    expect((await cloud.send(request)).body['Code']).toBe('SignatureNonceUsed');
  });

  it('in a header are refused when a header was altered', async () => {
    const request = roa();
    request.headers.set('date', new Date(startMs + 1000).toUTCString());
    expect((await cloud.send(request)).body['Code']).toBe('SignatureDoesNotMatch');
  });
});

async function instancesBy(query: Record<string, string>): Promise<Record<string, unknown>> {
  return (await cloud.send(signed({ key: keyOf('publisher'), action: 'ListInstance', query }))).body;
}

describe('the rest of the API', () => {
  it('gives Personal Edition a token, and none to an account without an instance', async () => {
    const personal = { path: '/tokens', version: '2016-06-07' };
    const { body } = await cloud.send(signed({ key: keyOf('puller'), ...personal }));
    expect(Object.keys(body).toSorted()).toEqual(['data', 'requestId']);
    const other = await cloud.send(signed({ key: keyOf('neighbour'), ...personal }));
    expect([other.status, other.body['code']]).toEqual([404, 'USER_NOT_EXIST']);
  });

  it('lists internet and VPC endpoints with system and custom domains', async () => {
    const { body } = await cloud.send(
      signed({ key: keyOf('puller'), action: 'ListInstanceEndpoint', query: acme }),
    );
    expect(body['Endpoints']).toMatchObject([
      {
        EndpointType: 'internet',
        Enable: true,
        Domains: [
          { Domain: 'acme-registry.cn-hangzhou.cr.aliyuncs.com', Type: 'SYSTEM' },
          { Domain: 'images.acme.example', Type: 'USER' },
        ],
      },
      {
        EndpointType: 'vpc',
        Domains: [{ Domain: 'acme-registry-vpc.cn-hangzhou.cr.aliyuncs.com', Type: 'SYSTEM' }],
        LinkedVpcs: [{ VpcId: 'vpc-sandbox00000001' }],
      },
    ]);
  });

  it('finds instances by a part of their name, page by page', async () => {
    expect(await instancesBy({ InstanceName: 'acm' })).toMatchObject({
      TotalCount: 1,
      Instances: [{ InstanceId: acme.InstanceId, RegionId: 'cn-hangzhou', CreateTime: '1704067200000' }],
    });
    expect(await instancesBy({ PageNo: '2' })).toMatchObject({ TotalCount: 1, Instances: [] });
    expect(await instancesBy({ PageSize: '0' })).toMatchObject({ Code: 'InvalidParameter' });
  });

  it('tells of one instance with times as numbers', async () => {
    const request = signed({ key: keyOf('publisher'), action: 'GetInstance', query: acme });
    expect((await cloud.send(request)).body).toMatchObject({
      InstanceName: 'acme',
      CreateTime: 1704067200000,
    });
  });

  it.each([
    ['action', { action: 'DeleteInstance' }],
    ['version', { version: '2016-06-07' }],
  ])('does not know another %s', async (_, other) => {
    const answer = await cloud.send(signed({ key: keyOf('publisher'), query: acme, ...other }));
    expect([answer.status, answer.body['Code']]).toEqual([404, 'InvalidAction.NotFound']);
  });

  it('is not there without TLS', async () => {
    const { url, method, headers } = signed({ key: keyOf('puller'), query: acme });
    const plain = new Request(url.replace('https:', 'http:'), { method, headers });
    expect((await cloud.send(plain)).body['Code']).toBe('InvalidProtocol.NeedSsl');
  });

  it('counts calls by outcome and knows their callers, but keeps no secrets', async () => {
    const { body } = await cloud.send(signed({ key: keyOf('puller'), query: acme }));
    await cloud.send(signed({ key: keyOf('stranger'), query: acme }));
    const summary = cloud.calls.summary();
    expect(summary.counts).toEqual({
      'container-registry.GetAuthorizationToken': { ok: 1, NoPermission: 1 },
    });
    expect(summary.recent.map((call) => call.caller)).toEqual([
      'acs:ram::1000000000000001:user/puller',
      'acs:ram::1000000000000001:user/stranger',
    ]);
    expect(JSON.stringify(summary)).not.toContain(String(body['AuthorizationToken']));
  });
});
