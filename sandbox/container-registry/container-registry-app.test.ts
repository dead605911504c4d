import { beforeEach, describe, expect, it } from 'vitest';
import { keyOf } from '../testing/sign-officially.ts';
import {
  acme,
  cloudUnderTest,
  sessionOf,
  signed,
  startMs,
  type CloudUnderTest,
} from '../testing/cloud-under-test.ts';

let cloud: CloudUnderTest;
beforeEach(async () => {
  cloud = await cloudUnderTest();
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
    const { body } = await (
      await cloudUnderTest({ timeScale: 600 })
    ).send(signed({ key: keyOf('puller'), query: acme }));
    expect(body['ExpireTime']).toBe(startMs + 6_000);
  });

  it('gives a session a token that ends with the session, and none after it', async () => {
    const expiresAtMs = startMs + 60_000;
    const key = cloud.accessKeys.issueSession(sessionOf(expiresAtMs));
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
    const request = signed({ key: keyOf(user), query: acme, host: `cr.${region}.aliyuncs.com` });
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
