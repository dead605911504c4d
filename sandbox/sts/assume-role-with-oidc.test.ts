import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnsecuredJWT } from 'jose';
import { cloudUnderTest, startMs, type CloudUnderTest } from '../testing/cloud-under-test.ts';
import { crossAccountWorld } from '../testing/example-world.ts';
import { newKey, startIssuer, type Issuer } from '../testing/issuer.ts';
import type { World } from '../world/world.ts';

const providerArn = 'acs:ram::2000000000000002:oidc-provider/ack-rrsa-sandbox';
const roleArn = 'acs:ram::2000000000000002:role/demo-role-for-rrsa';
const subject = 'system:serviceaccount:kube-system:aliyun-acr-credential-helper';
const startSeconds = startMs / 1000;
const claims = {
  aud: ['sts.aliyuncs.com'],
  sub: subject,
  iat: startSeconds,
  nbf: startSeconds,
  exp: startSeconds + 3600,
};

let issuer: Issuer;
let world: World;
let cloud: CloudUnderTest;

async function withIssuer(started: Issuer): Promise<void> {
  issuer = started;
  world = await crossAccountWorld();
  settle(issuer.url, [issuer.fingerprint]);
  cloud = await cloudUnderTest({ world });
}

beforeEach(async () => withIssuer(await startIssuer()));
afterEach(() => issuer.stop());

function provider() {
  const found = world.accounts[1]?.oidcProviders[0];
  if (found === undefined) throw new Error('the world has no provider');
  return found;
}

/** What is put in at RAM's console for a cluster, here and in the trust policies. */
function settle(issuerUrl: string, fingerprints: readonly string[]): void {
  const text = JSON.stringify(world.accounts).replaceAll(provider().issuerUrl, issuerUrl);
  world.accounts = JSON.parse(text) as World['accounts'];
  provider().fingerprints = [...fingerprints];
}

function token(change: Record<string, unknown> = {}): Promise<string> {
  return issuer.sign({ iss: issuer.url, ...claims, ...change });
}

async function assume(OIDCToken: string, change: Record<string, string> = {}) {
  const body = new URLSearchParams({
    RoleArn: roleArn,
    OIDCProviderArn: providerArn,
    RoleSessionName: 'rrsa',
    OIDCToken,
    ...change,
  });
  const url = 'https://sts.aliyuncs.com/?Action=AssumeRoleWithOIDC&Version=2015-04-01';
  return cloud.send(new Request(url, { method: 'POST', body }), cloud.sts);
}

async function outcomeOf(OIDCToken: string, change: Record<string, string> = {}) {
  const { status, body } = await assume(OIDCToken, change);
  return status === 200 ? 'given' : [status, body['Code'], body['Message']];
}

const invalidSignature = [
  401,
  'AuthenticationFail.OIDCToken.InvalidSignature',
  'OIDC token validate failed: invalid signature.',
];
const unrecognized = [
  401,
  'AuthenticationFail.OIDCToken.Invalid',
  'The Jwt content is invalid that cannot be recognized.',
];
const noPermission = [401, 'AuthenticationFail.NoPermission', 'There is no permission'];

function broken(url: string) {
  const message = `Get public keys from OIDC Provider failed, the issuer is ${url}.`;
  return [401, 'AuthenticationFail.OIDCToken.IssuerConfigurationBroken', message];
}

function forged(keyId: string): Promise<string> {
  return issuer.sign({ iss: issuer.url, ...claims }, newKey(keyId));
}

describe('AssumeRoleWithOIDC', () => {
  it('gives a session for a token of the issuer, without a signature', async () => {
    const { status, body } = await assume(await token());
    expect(status).toBe(200);
    expect(body).toMatchObject({
      Credentials: { AccessKeyId: expect.stringMatching(/^STS\./), Expiration: '2026-01-31T13:00:00Z' },
      AssumedRoleUser: { Arn: `${roleArn}/rrsa` },
      OIDCTokenInfo: { Subject: subject, Issuer: issuer.url, ClientIds: 'sts.aliyuncs.com' },
    });
    expect(cloud.calls.summary().counts['sts.AssumeRoleWithOIDC']).toEqual({ ok: 1 });
  });

  it('takes its parameters from the query too, and its name from a header', async () => {
    const query = new URLSearchParams({
      RoleArn: roleArn,
      OIDCProviderArn: providerArn,
      RoleSessionName: 'rrsa',
      OIDCToken: await token(),
    });
    const headers = { 'x-acs-action': 'AssumeRoleWithOIDC', 'x-acs-version': '2015-04-01' };
    const request = new Request(`https://sts.aliyuncs.com/?${query.toString()}`, { method: 'POST', headers });
    expect((await cloud.send(request, cloud.sts)).status).toBe(200);
  });

  it('refuses an altered token', async () => {
    const [header, payload = '', signature] = (await token()).split('.');
    const altered = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...altered, sub: 'system:serviceaccount:a:b' }));
    expect(await outcomeOf(`${header}.${changed.toString('base64url')}.${signature}`)).toEqual(
      invalidSignature,
    );
  });

  it('refuses a token that another key signed, be its id that of the issuer’s', async () => {
    expect(await outcomeOf(await forged('first'))).toEqual(invalidSignature);
    expect(await outcomeOf(await forged('unknown'))).toEqual(invalidSignature);
  });

  it('refuses a token without a signature, and one that is none', async () => {
    const unsecured = new UnsecuredJWT({ iss: issuer.url, ...claims }).encode();
    expect(await outcomeOf(unsecured)).toEqual([
      401,
      'AuthenticationFail.OIDCToken.Invalid',
      'The algorithm none that be specified in Jwt header is unknown.',
    ]);
    expect(await outcomeOf('none')).toEqual([
      401,
      'AuthenticationFail.OIDCToken.Invalid',
      "The number of Jwt field should be divided into 3 parts with '.' .",
    ]);
    expect(await outcomeOf('')).toEqual([
      401,
      'AuthenticationFail.OIDCToken.Invalid',
      'The OIDCToken can not empty.',
    ]);
    expect(await outcomeOf('a.b.c')).toEqual(unrecognized);
    expect(await outcomeOf('x'.repeat(20_001))).toEqual(unrecognized);
  });

  it.each([
    ['an audience that the provider does not have', { aud: 'kubernetes' }, 'AudienceNotMatch'],
    ['no audience', { aud: undefined }, 'AudienceNotMatch'],
    ['an end that is over', { exp: startSeconds }, 'Expired'],
    ['an issue too long ago', { iat: startSeconds - 12 * 3600 - 1 }, 'Expired'],
    ['a beginning that is to come', { nbf: startSeconds + 60 }, 'Invalid'],
    ['no end', { exp: undefined }, 'Invalid'],
    ['no subject', { sub: undefined }, 'Invalid'],
    ['an empty subject', { sub: '' }, 'Invalid'],
    ['another issuer', { iss: 'https://kubernetes.default.svc' }, 'IssuerNotMatch'],
    ['no issuer', { iss: undefined }, 'IssuerNotMatch'],
  ])('refuses a token with %s', async (_, change, code) => {
    const { status, body } = await assume(await token(change));
    expect([status, body['Code']]).toEqual([401, `AuthenticationFail.OIDCToken.${code}`]);
  });

  it('takes a token of several audiences of which one is the provider’s', async () => {
    expect(await outcomeOf(await token({ aud: ['kubernetes', 'sts.aliyuncs.com'] }))).toBe('given');
  });

  it('says of a provider that is not there only that it is not registered', async () => {
    const other = { OIDCProviderArn: `${providerArn}-2` };
    const refused = [401, 'AuthenticationFail.NoPermission', 'No such OIDC Provider registered.'];
    expect(await outcomeOf(await token(), other)).toEqual(refused);
    expect(await outcomeOf(await token(), { OIDCProviderArn: 'nonsense' })).toEqual(refused);
  });

  it('says of a trust policy only that there is no permission', async () => {
    const sub = 'system:serviceaccount:default:another';
    const { body } = await assume(await token({ sub }));
    expect(body).toMatchObject({
      Code: 'AuthenticationFail.NoPermission',
      Message: 'There is no permission',
    });
    expect(body).not.toHaveProperty('AccessDeniedDetail');
    const worker = { RoleArn: 'acs:ram::2000000000000002:role/KubernetesWorkerRole' };
    expect(await outcomeOf(await token(), worker)).toEqual(noPermission);
  });

  it.each([
    ['nothing allows it', 'Allow', 'default', 'ImplicitDeny'],
    ['a statement denies it', 'Deny', 'kube-system', 'ExplicitDeny'],
  ] as const)(
    'says in details that %s, where the account has it so',
    async (_, Effect, namespace, denial) => {
      const [, account] = world.accounts;
      const [role] = account?.roles ?? [];
      if (account === undefined || role?.trustPolicy === undefined) throw new Error('no such role');
      account.stsDetails = 'all';
      for (const statement of role.trustPolicy.Statement) statement.Effect = Effect;
      const sub = `system:serviceaccount:${namespace}:aliyun-acr-credential-helper`;
      expect((await assume(await token({ sub }))).body).toMatchObject({
        Code: 'AuthenticationFail.NoPermission',
        AccessDeniedDetail: { NoPermissionType: denial, PolicyType: 'AssumeRolePolicy' },
      });
    },
  );

  it('gives no role of another account, even where that one trusts the provider', async () => {
    const foreign = world.accounts[0]?.roles[0];
    foreign?.trustPolicy?.Statement.push({
      Effect: 'Allow',
      Action: ['*'],
      Principal: { Federated: [providerArn] },
    });
    const RoleArn = 'acs:ram::1000000000000001:role/test-rrsa-acr';
    expect(await outcomeOf(await token(), { RoleArn })).toEqual(noPermission);
  });

  it('says when the role is not there', async () => {
    expect(await outcomeOf(await token(), { RoleArn: `${roleArn}-2` })).toEqual([
      404,
      'EntityNotExist.Role',
      `The role not exists: ${roleArn}-2. `,
    ]);
  });

  it('heeds the role’s longest session and the session’s policy', async () => {
    expect(await outcomeOf(await token(), { DurationSeconds: '7200' })).toEqual([
      400,
      'InvalidParameter.DurationSeconds',
      'The Min/Max value of DurationSeconds is 15min/1hr.',
    ]);
    expect(await outcomeOf(await token(), { Policy: '{}' })).toEqual([
      400,
      'InvalidParameter.PolicyGrammar',
      'The parameter Policy has not passed grammar check.',
    ]);
  });
});

describe('an issuer’s keys', () => {
  it('are asked for once', async () => {
    await assume(await token());
    await assume(await token());
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('are asked for again when a token has one that is not known', async () => {
    const old = await token();
    expect(await outcomeOf(old)).toBe('given');
    issuer.rotate();
    expect(await outcomeOf(await token())).toBe('given');
    expect(await outcomeOf(old)).toEqual(invalidSignature);
  });

  it('are asked for again after a while', async () => {
    await assume(await token());
    cloud.now.ms += 11 * 60_000;
    await assume(await token());
    expect(issuer.requests).toHaveLength(4);
  });

  it('are not to be had of an issuer that is broken, gone, somebody else or off this machine', async () => {
    const good = issuer.url;
    for (const url of ['https://issuer.example', `${good}/path`, 'https://localhost:1']) {
      settle(url, [issuer.fingerprint]);
      expect(await outcomeOf(await token({ iss: url }))).toEqual(broken(url));
    }
    settle(good, [issuer.fingerprint]);
    issuer.breakDown();
    expect(await outcomeOf(await token())).toEqual(broken(good));
  });

  it('count only from a server whose authority has the registered fingerprint', async () => {
    for (const fingerprint of ['0'.repeat(40), issuer.leafFingerprint]) {
      settle(issuer.url, [fingerprint]);
      const { status, body } = await assume(await token());
      expect([status, body['Code']]).toEqual([
        401,
        'AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch',
      ]);
    }
    settle(issuer.url, ['0'.repeat(40), issuer.fingerprint]);
    expect(await outcomeOf(await token())).toBe('given');
    // Keys that one fingerprint vouched for are not kept for another.
    settle(issuer.url, ['0'.repeat(40)]);
    expect(await outcomeOf(await token())).not.toBe('given');
  });

  it('count only from a server whose certificate is good for the issuer’s host', async () => {
    await issuer.stop();
    await withIssuer(await startIssuer({ certificateFor: 'another.example' }));
    expect((await assume(await token())).body['Code']).toBe('AuthenticationFail.OIDCToken.HttpsUrlInvalid');
  });
});
