import { beforeEach, describe, expect, it } from 'vitest';
import { acme, cloudUnderTest, signed, startMs, type CloudUnderTest } from '../testing/cloud-under-test.ts';
import { crossAccountWorld } from '../testing/example-world.ts';
import { keyOf, signOfficiallyInQuery, type ClientCall, type ClientKey } from '../testing/sign-officially.ts';
import type { Account } from '../world/account.ts';

const roleArn = 'acs:ram::1000000000000001:role/test-rrsa-acr';
const trustedArn = 'acs:ram::2000000000000002:role/demo-role-for-rrsa';
const asked = { RoleArn: roleArn, RoleSessionName: 'pull' };

let cloud: CloudUnderTest;
let owner: Account;
let cluster: Account;

beforeEach(async () => {
  const world = await crossAccountWorld();
  [owner, cluster] = world.accounts as [Account, Account];
  cluster.ramUsers.push({
    name: 'alice',
    policies: ['AliyunSTSAssumeRoleAccess'],
    accessKeys: [{ ...secretOf('alice'), status: 'Active' }],
  });
  cluster.rootAccessKeys.push({ ...secretOf('root'), status: 'Active' });
  cloud = await cloudUnderTest({ world });
});

function secretOf(name: string): { accessKeyId: string; accessKeySecret: string } {
  const { accessKeyId, accessKeySecret } = keyOf(name);
  return { accessKeyId, accessKeySecret };
}

/** What the cluster's role has after the first half of the chain. */
function clusterSession(expiresAtMs = startMs + 3_600_000): ClientKey {
  return cloud.accessKeys.issueSession({
    kind: 'role-session',
    account: cluster.uid,
    roleName: 'demo-role-for-rrsa',
    sessionName: 'rrsa',
    expiresAtMs,
  });
}

function call(key: ClientKey, action: string, query: Record<string, string> = {}) {
  const parts = { host: 'sts.aliyuncs.com', action, version: '2015-04-01', query };
  return cloud.send(signed({ key, signedAtMs: cloud.now.ms, ...parts }), cloud.sts);
}

async function assume(key: ClientKey, change: Record<string, string> = {}) {
  return call(key, 'AssumeRole', { ...asked, ...change });
}

function keyFrom({ body }: Awaited<ReturnType<typeof assume>>): ClientKey {
  const given = body['Credentials'] as Record<'AccessKeyId' | 'AccessKeySecret' | 'SecurityToken', string>;
  return {
    accessKeyId: given.AccessKeyId,
    accessKeySecret: given.AccessKeySecret,
    securityToken: given.SecurityToken,
  };
}

function mint(key: ClientKey, query: Record<string, string> = acme) {
  const parts: Omit<ClientCall, 'signedAtMs'> = { key, query };
  return cloud.send(signed({ signedAtMs: cloud.now.ms, ...parts }));
}

function policyOf(...Action: readonly string[]): string {
  return JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
}

describe('AssumeRole', () => {
  it('gives a role of another account that trusts the caller, by the documentation’s policies as they stand', async () => {
    const given = await assume(clusterSession());
    expect(given.status).toBe(200);
    expect(given.body).toMatchObject({
      Credentials: { Expiration: '2026-01-31T13:00:00Z' },
      AssumedRoleUser: { Arn: `${roleArn}/pull`, AssumedRoleId: expect.stringMatching(/^3\d{17}:pull$/) },
    });
    const login = await mint(keyFrom(given));
    expect(login.body).toMatchObject({ IsSuccess: true, ExpireTime: startMs + 3_600_000 });
  });

  it('is as good signed in the query', async () => {
    const query = { Action: 'AssumeRole', Version: '2015-04-01', ...asked };
    const request = signOfficiallyInQuery({ key: clusterSession(), signedAtMs: startMs, query });
    const { status, body } = await cloud.send(request, cloud.sts);
    // The test's signer leaves out the security token, which such a key must have.
    expect([status, body['Code']]).toEqual([400, 'MissingSecurityToken']);
    owner.roles[0]?.trustPolicy?.Statement[0]?.Principal.RAM?.push('acs:ram::2000000000000002:user/alice');
    const byUser = signOfficiallyInQuery({ key: keyOf('alice'), signedAtMs: startMs, query });
    expect((await cloud.send(byUser, cloud.sts)).status).toBe(200);
  });

  it('needs the caller’s own permission, and says that it is missing', async () => {
    const [demo] = cluster.roles;
    if (demo !== undefined) demo.policies = [];
    const { status, body } = await assume(clusterSession());
    expect([status, body['Code']]).toEqual([403, 'NoPermission']);
    expect(body).toMatchObject({
      Message: 'You are not authorized to do this action. You should be authorized by RAM.',
      AccessDeniedDetail: {
        AuthAction: 'sts:AssumeRole',
        AuthPrincipalDisplayName: 'demo-role-for-rrsa:rrsa',
        AuthPrincipalOwnerId: '2000000000000002',
        AuthPrincipalType: 'AssumedRoleUser',
        NoPermissionType: 'ImplicitDeny',
        PolicyType: 'AccountLevelIdentityBasedPolicy',
      },
    });
  });

  it('needs the role’s trust, in the same words but for the details', async () => {
    const { status, body } = await assume(keyOf('alice'));
    expect([status, body['Code']]).toEqual([403, 'NoPermission']);
    expect(body).toMatchObject({
      Message: 'You are not authorized to do this action. You should be authorized by RAM.',
      AccessDeniedDetail: { NoPermissionType: 'ImplicitDeny', PolicyType: 'AssumeRolePolicy' },
    });
  });

  it('gives no details where the role’s account has it so, and then the two refusals are alike', async () => {
    owner.stsDetails = 'none';
    const distrusted = await assume(keyOf('alice'));
    const [demo] = cluster.roles;
    if (demo !== undefined) demo.policies = [];
    const lacking = await assume(clusterSession());
    for (const { status, body } of [distrusted, lacking]) {
      expect([status, body['Code']]).toEqual([403, 'NoPermission']);
      expect(body).not.toHaveProperty('AccessDeniedDetail');
    }
    expect(lacking.body['Message']).toBe(distrusted.body['Message']);
  });

  it('needs both within one account too', async () => {
    const own = { RoleArn: trustedArn };
    expect((await assume(keyOf('alice'), own)).body['Code']).toBe('NoPermission');
    const [demo] = cluster.roles;
    demo?.trustPolicy?.Statement.push({
      Effect: 'Allow',
      Action: ['sts:AssumeRole'],
      Principal: { RAM: ['acs:ram::2000000000000002:root'] },
    });
    expect((await assume(keyOf('alice'), own)).status).toBe(200);
  });

  it('lets a policy name the one role that may be assumed', async () => {
    const narrow = (Resource: string) => {
      cluster.policies['Narrow'] = {
        Version: '1',
        Statement: [{ Effect: 'Allow', Action: ['sts:AssumeRole'], Resource: [Resource] }],
      };
    };
    const [demo] = cluster.roles;
    if (demo !== undefined) demo.policies = ['Narrow'];
    narrow(roleArn);
    expect((await assume(clusterSession())).status).toBe(200);
    narrow('acs:ram::1000000000000001:role/another');
    expect((await assume(clusterSession())).body['Code']).toBe('NoPermission');
  });

  it('is never for an account itself', async () => {
    owner.roles[0]?.trustPolicy?.Statement[0]?.Principal.RAM?.push('acs:ram::2000000000000002:root');
    const { status, body } = await assume(keyOf('root'));
    expect([status, body['Code'], body['Message']]).toEqual([
      403,
      'NoPermission',
      'Roles may not be assumed by root accounts.',
    ]);
  });

  it('asks for the external id that the trust policy wants', async () => {
    const statement = owner.roles[0]?.trustPolicy?.Statement[0];
    if (statement !== undefined) statement.Condition = { StringEquals: { 'sts:ExternalId': ['agreed'] } };
    expect((await assume(clusterSession())).body['Code']).toBe('NoPermission');
    expect((await assume(clusterSession(), { ExternalId: 'guessed' })).body['Code']).toBe('NoPermission');
    expect((await assume(clusterSession(), { ExternalId: 'agreed' })).status).toBe(200);
  });

  it.each([
    ['no role', { RoleArn: '' }, 400, 'MissingParameter'],
    [
      'an ARN of something else',
      { RoleArn: 'acs:ram::1000000000000001:user/a' },
      400,
      'InvalidParameter.RoleArn',
    ],
    ['a role that is not there', { RoleArn: `${roleArn}-gone` }, 404, 'EntityNotExist.Role'],
    ['no session name', { RoleSessionName: '' }, 400, 'MissingParameter'],
    ['a session name of one letter', { RoleSessionName: 'a' }, 400, 'InvalidParameter.RoleSessionName'],
    ['a session name with a slash', { RoleSessionName: 'a/b' }, 400, 'InvalidParameter.RoleSessionName'],
    ['65 letters', { RoleSessionName: 'a'.repeat(65) }, 400, 'InvalidParameter.RoleSessionName'],
    ['899 seconds', { DurationSeconds: '899' }, 400, 'InvalidParameter.DurationSeconds'],
    ['an hour and a second', { DurationSeconds: '3601' }, 400, 'InvalidParameter.DurationSeconds'],
    ['no number of seconds', { DurationSeconds: '1h' }, 400, 'InvalidParameter.DurationSeconds'],
    ['no policy', { Policy: '{' }, 400, 'InvalidParameter.PolicyGrammar'],
    ['too long a policy', { Policy: ' '.repeat(2049) }, 400, 'InvalidParameter.PolicySize'],
    ['an external id of one letter', { ExternalId: 'a' }, 400, 'InvalidParameter.ExternalId'],
  ])('refuses %s', async (_, change, status, code) => {
    const answer = await assume(clusterSession(), change);
    expect([answer.status, answer.body['Code']]).toEqual([status, code]);
  });

  it('gives sessions as long as the role may have, and no longer', async () => {
    const [role] = owner.roles;
    if (role !== undefined) role.maxSessionDurationSeconds = 43_200;
    const longest = await assume(clusterSession(), { DurationSeconds: '43200' });
    expect(longest.body).toMatchObject({ Credentials: { Expiration: '2026-02-01T00:00:00Z' } });
    const longer = await assume(clusterSession(), { DurationSeconds: '43201' });
    expect(longer.body['Message']).toBe('The Min/Max value of DurationSeconds is 15min/12hr.');
    expect((await assume(clusterSession(), { DurationSeconds: '900' })).body).toMatchObject({
      Credentials: { Expiration: '2026-01-31T12:15:00Z' },
    });
  });

  it('gives sessions that end, and their tokens with them', async () => {
    const key = keyFrom(await assume(clusterSession()));
    cloud.now.ms = startMs + 3_599_000;
    const late = await mint(key);
    expect(late.body['ExpireTime']).toBe(startMs + 3_600_000);
    cloud.now.ms = startMs + 3_600_000;
    expect((await mint(key)).body['Code']).toBe('InvalidSecurityToken.Expired');
    const { TempUsername, AuthorizationToken } = late.body as Record<string, string>;
    const verified = cloud.tokens.verify(TempUsername ?? '', AuthorizationToken ?? '', cloud.now.ms);
    expect(verified.kind).toBe('expired');
  });

  it('gives shorter sessions where time is scaled', async () => {
    cloud = await cloudUnderTest({ world: await crossAccountWorld(), timeScale: 600 });
    const { body } = await assume(clusterSession());
    expect(body).toMatchObject({ Credentials: { Expiration: '2026-01-31T12:00:06Z' } });
  });

  it('gives a session no more than its policy and the role both allow', async () => {
    const narrowed = keyFrom(await assume(clusterSession(), { Policy: policyOf('cr:ListInstanceEndpoint') }));
    const refused = await mint(narrowed);
    expect(refused.body).toMatchObject({
      Code: 'NoPermission',
      AccessDeniedDetail: { AuthAction: 'cr:GetAuthorizationToken', PolicyType: 'SessionPolicy' },
    });
    const list = await cloud.send(signed({ key: narrowed, action: 'ListInstanceEndpoint', query: acme }));
    expect(list.body['IsSuccess']).toBe(true);
    const wide = keyFrom(await assume(clusterSession(), { Policy: policyOf('*') }));
    const beyond = await cloud.send(signed({ key: wide, action: 'GetInstance', query: acme }));
    expect(beyond.body).toMatchObject({
      Code: 'NoPermission',
      AccessDeniedDetail: { PolicyType: 'AccountLevelIdentityBasedPolicy' },
    });
  });

  it('is counted with its caller, and struck by faults', async () => {
    await assume(keyOf('alice'));
    cloud.control.faults.add({
      service: 'sts',
      kind: 'throttle',
      status: 429,
      code: 'Throttling.User',
      retryAfterMs: 9,
    });
    const { status, headers } = await assume(clusterSession());
    expect(status).toBe(429);
    expect(headers.get('x-ratelimit-user-api')).toContain('TimeLeft:9,');
    expect(cloud.calls.summary().counts['sts.AssumeRole']).toEqual({ NoPermission: 1, 'fault:throttle': 1 });
    expect(cloud.calls.summary().recent[0]?.caller).toBe('acs:ram::2000000000000002:user/alice');
  });

  it('wants a signature that holds, and knows no other calls', async () => {
    const request = signed({
      key: keyOf('alice'),
      host: 'sts.aliyuncs.com',
      action: 'AssumeRole',
      version: '2015-04-01',
      query: asked,
    });
    const url = new URL(request.url);
    url.searchParams.set('DurationSeconds', '900');
    expect((await cloud.send(new Request(url, request), cloud.sts)).body['Code']).toBe(
      'SignatureDoesNotMatch',
    );
    const unsigned = new Request(`https://sts.aliyuncs.com/?Action=AssumeRole&Version=2015-04-01`);
    expect((await cloud.send(unsigned, cloud.sts)).body['Code']).toBe('MissingParameter');
    const unknown = await call(keyOf('alice'), 'GetFederationToken');
    expect([unknown.status, unknown.body['Code']]).toEqual([404, 'InvalidAction.NotFound']);
  });
});

describe('GetCallerIdentity', () => {
  it('tells users, sessions and accounts who they are, without any right', async () => {
    expect((await call(keyOf('alice'), 'GetCallerIdentity')).body).toMatchObject({
      IdentityType: 'RAMUser',
      AccountId: '2000000000000002',
      Arn: 'acs:ram::2000000000000002:user/alice',
    });
    expect((await call(clusterSession(), 'GetCallerIdentity')).body).toMatchObject({
      IdentityType: 'AssumedRoleUser',
      Arn: 'acs:ram::2000000000000002:assumed-role/demo-role-for-rrsa/rrsa',
      PrincipalId: expect.stringMatching(/^3\d{17}:rrsa$/),
    });
    expect((await call(keyOf('root'), 'GetCallerIdentity')).body).toMatchObject({
      IdentityType: 'Account',
      Arn: 'acs:ram::2000000000000002:root',
    });
  });

  it('refuses an ended session', async () => {
    const { body } = await call(clusterSession(startMs), 'GetCallerIdentity');
    expect(body['Code']).toBe('InvalidSecurityToken.Expired');
  });
});
