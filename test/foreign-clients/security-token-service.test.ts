import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCloud, type Cloud } from '../real-parts/cloud.ts';
import { startControlPlane, type ControlPlane } from '../real-parts/control-plane.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { crossAccountWorld, enableRrsa } from '../real-parts/rrsa.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { ask, logIn, noPython, pythonClient, pythonSdk, type AccessKey } from './foreign-login.ts';

const clusterRole = 'acs:ram::2000000000000002:role/demo-role-for-rrsa';
const ownerRole = 'acs:ram::1000000000000001:role/test-rrsa-acr';
const provider = 'acs:ram::2000000000000002:oidc-provider/ack-rrsa-sandbox';
const image = 'acme-registry.cn-hangzhou.cr.aliyuncs.com/team/app:1';
const host = image.slice(0, image.indexOf('/'));
const addOn = { name: 'aliyun-acr-credential-helper', namespace: 'kube-system' };

/** The issuer of a cluster that is not ours may be off this machine, where the sandbox asks nobody. */
const missing = noPython ?? noControlOfCluster;
const whySkipped = missing === undefined ? '' : ` (skipped: ${missing})`;

type Answer =
  | (AccessKey & { readonly kind: 'session'; readonly expiration?: string; readonly arn?: string })
  | { readonly kind: 'identity'; readonly arn: string; readonly type: string; readonly account: string }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  | { readonly kind: 'failed'; readonly message: string };

let cloud: Cloud;
let controlPlane: ControlPlane;
let directory: string;

beforeAll(async () => {
  if (missing !== undefined) return;
  directory = await makeDirectory('acr-oidc-tokens-');
  [cloud, controlPlane] = await Promise.all([
    startCloud({ worldFile: crossAccountWorld }),
    startControlPlane(),
  ]);
  await controlPlane.addOnKubeConfig();
  await enableRrsa(cloud, controlPlane.address);
  await cloud.publish(image);
});
afterAll(async () => {
  await Promise.all([cloud?.stop(), controlPlane?.stop()]);
  if (directory !== undefined) await removeDirectory(directory);
});

function sts(options: readonly string[], key?: AccessKey): Promise<Answer> {
  const script = pythonClient('sts.py');
  return ask<Answer>({ ...script, options: [...script.options, ...options] }, cloud, key);
}

/** A token that the API server issues for a service account. */
async function realToken({ audience = 'sts.aliyuncs.com', account = addOn } = {}): Promise<string> {
  const api = controlPlane.kubeConfig.makeApiClient(CoreV1Api);
  const body = { spec: { audiences: [audience], expirationSeconds: 600 } };
  const issued = await api.createNamespacedServiceAccountToken({ ...account, body });
  const token = issued.status?.token;
  if (token === undefined) throw new Error('the API server issued no token');
  return token;
}

function byToken(token: string, ...more: string[]): Promise<Answer> {
  const options = ['--role', clusterRole, '--provider', provider, '--token-file', fileOf(token)];
  return sts(['assume-role-with-oidc', ...options, ...more]);
}

function fileOf(token: string): string {
  const file = join(directory, 'token');
  writeFileSync(file, token);
  return file;
}

function keyOf(answer: Answer): AccessKey {
  if (answer.kind !== 'session') throw new Error(`no session but ${JSON.stringify(answer)}`);
  const { id, secret, securityToken } = answer;
  return { id, secret, ...(securityToken === undefined ? {} : { securityToken }) };
}

async function pullAs(key: AccessKey) {
  const login = await logIn(pythonSdk, cloud, key, ['--instance=cri-sandbox00000001']);
  if (login.kind !== 'logged in') return login;
  const auth = Buffer.from(`${login.userName}:${login.token}`).toString('base64');
  const pull = await cloud.pull(image, JSON.stringify({ auths: { [host]: { auth } } }));
  return { ...pull, expiresAtMs: login.expiresAtMs };
}

/** A token with the same claims, signed by somebody else under the issuer's key id. */
async function forged(token: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const header = { ...decodeProtectedHeader(token), alg: 'ES256' };
  return new SignJWT(decodeJwt(token)).setProtectedHeader(header).sign(privateKey);
}

/** A token whose subject was changed, under the signature of before. */
function altered(token: string): string {
  const [header, , signature] = token.split('.');
  const claims = { ...decodeJwt(token), sub: 'system:serviceaccount:kube-system:another' };
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
}

describe.skipIf(missing !== undefined)(`the official Python SDK at STS${whySkipped}`, () => {
  test('goes from a token of the API server over two roles to a pull from another account', async () => {
    const first = await byToken(await realToken());
    expect(first).toMatchObject({ kind: 'session', arn: `${clusterRole}/foreign-client` });
    const second = await sts(['assume-role', '--role', ownerRole, '--seconds', '1800'], keyOf(first));
    if (second.kind !== 'session') throw new Error(JSON.stringify(second));
    expect(second.arn).toBe(`${ownerRole}/foreign-client`);
    expect(await sts(['caller-identity'], keyOf(second))).toEqual({
      kind: 'identity',
      arn: 'acs:ram::1000000000000001:assumed-role/test-rrsa-acr/foreign-client',
      type: 'AssumedRoleUser',
      account: '1000000000000001',
    });
    expect(await pullAs(keyOf(second))).toEqual({
      kind: 'pulled',
      expiresAtMs: Date.parse(second.expiration ?? ''),
    });
  });

  test('gets no login from another account with the first role alone', async () => {
    const first = await byToken(await realToken());
    expect(await pullAs(keyOf(first))).toMatchObject({ kind: 'refused', code: 'NoPermission' });
  });

  test('is held to a session policy', async () => {
    const first = keyOf(await byToken(await realToken()));
    const policy = JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: 'cr:PullRepository', Resource: '*' }],
    });
    const narrowed = await sts(['assume-role', '--role', ownerRole, '--policy', policy], first);
    expect(await pullAs(keyOf(narrowed))).toMatchObject({ kind: 'refused', code: 'NoPermission' });
  });

  test('is refused a longer session than the role may have', async () => {
    expect(await byToken(await realToken(), '--seconds', '3601')).toEqual({
      kind: 'refused',
      status: 400,
      code: 'InvalidParameter.DurationSeconds',
    });
  });

  test.each([
    ['for another audience', () => realToken({ audience: 'kubernetes' }), 'OIDCToken.AudienceNotMatch'],
    [
      'of another service account',
      () => realToken({ account: { name: 'default', namespace: 'kube-system' } }),
      'NoPermission',
    ],
    ['that was altered', async () => altered(await realToken()), 'OIDCToken.InvalidSignature'],
    ['that another key signed', async () => forged(await realToken()), 'OIDCToken.InvalidSignature'],
    [
      'without a signature',
      async () => new UnsecuredJWT(decodeJwt(await realToken())).encode(),
      'OIDCToken.Invalid',
    ],
  ])('is refused a token %s', async (_, token, code) => {
    expect(await byToken(await token())).toEqual({
      kind: 'refused',
      status: 401,
      code: `AuthenticationFail.${code}`,
    });
  });

  test('is believed by the key that the API server has now, and by no former one', async () => {
    const former = await realToken();
    expect(await byToken(former)).toMatchObject({ kind: 'session' });
    await controlPlane.restartApiServer({ newKey: true });
    expect(await byToken(await realToken())).toMatchObject({ kind: 'session' });
    expect(await byToken(former)).toMatchObject({ code: 'AuthenticationFail.OIDCToken.InvalidSignature' });
  });

  test('is refused tokens of an issuer that is not the registered one, until the API server is that again', async () => {
    await controlPlane.restartApiServer({ issuer: 'https://kubernetes.default.svc' });
    expect(await byToken(await realToken())).toMatchObject({
      code: 'AuthenticationFail.OIDCToken.IssuerNotMatch',
    });
    await controlPlane.restartApiServer({ issuer: controlPlane.address });
    expect(await byToken(await realToken())).toMatchObject({ kind: 'session' });
  });

  test('is refused AssumeRole for an identity without the permission, and for one without the trust', async () => {
    const publisher = { id: 'SANDBOXPUBLISHER', secret: 'sandbox-secret-of-publisher' };
    const own = { id: 'SANDBOXOWNPUBLISHER', secret: 'sandbox-secret-of-own-publisher' };
    for (const key of [publisher, own]) {
      expect(await sts(['assume-role', '--role', ownerRole], key)).toEqual({
        kind: 'refused',
        status: 403,
        code: 'NoPermission',
      });
    }
  });
});

describe.skipIf(missing !== undefined)(`the official credentials library${whySkipped}`, () => {
  const options = ['--role', clusterRole, '--next-role', ownerRole, '--provider', provider];

  test('chains both roles by itself', async () => {
    const given = await sts(['chain', ...options, '--token-file', fileOf(await realToken())]);
    expect(await pullAs(keyOf(given))).toMatchObject({ kind: 'pulled' });
  });

  test('fails with the cloud’s words for a token of a service account that is not trusted', async () => {
    const token = await realToken({ account: { name: 'default', namespace: 'default' } });
    const answer = await sts(['chain', ...options, '--token-file', fileOf(token)]);
    expect(answer).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('"Message":"There is no permission"') as string,
    });
  });
});
