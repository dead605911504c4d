import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCloud, type Cloud } from '../real-parts/cloud.ts';
import { programFile } from '../real-parts/program-file.ts';
import { pullImage, type PullOutcome } from '../real-parts/registry-client.ts';
import { logIn, noPython, pythonSdk, type AccessKey, type LoginOutcome } from './foreign-login.ts';

const enterprise = {
  options: ['--instance=cri-sandbox00000001'],
  image: 'acme-registry.cn-hangzhou.cr.aliyuncs.com/team/app:1',
};
const personal = { options: [], image: 'registry.cn-hangzhou.aliyuncs.com/acme-personal/app:1' };
const editions = [
  ['Enterprise', enterprise],
  ['Personal', personal],
] as const;

const puller = { id: 'SANDBOXPULLER', secret: 'sandbox-secret-of-puller' };
const publisher = { id: 'SANDBOXPUBLISHER', secret: 'sandbox-secret-of-publisher' };
const stranger = { id: 'SANDBOXSTRANGER', secret: 'sandbox-secret-of-stranger' };

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
  await Promise.all([cloud.publish(enterprise.image), cloud.publish(personal.image)]);
});
afterAll(() => cloud?.stop());

function dockerConfigOf(image: string, login: LoginOutcome): string {
  if (login.kind !== 'logged in') throw new Error(`no login: ${login.code}`);
  const auth = Buffer.from(`${login.userName}:${login.token}`).toString('base64');
  return JSON.stringify({ auths: { [hostOf(image)]: { auth } } });
}

function hostOf(image: string): string {
  return image.slice(0, image.indexOf('/'));
}

function python(key: AccessKey, ...options: string[]): Promise<LoginOutcome> {
  return logIn(pythonSdk, cloud, key, options);
}

function go(key: AccessKey): Promise<LoginOutcome> {
  return logIn({ file: programFile('sdk-login'), options: [] }, cloud, key, enterprise.options);
}

function pullByHelper(
  key: AccessKey,
  image: string,
  more: Record<string, string> = {},
): Promise<PullOutcome> {
  return pullImage(image, {
    proxyUrl: cloud.proxyUrl,
    caFile: cloud.caFile,
    dockerConfig: JSON.stringify({ credHelpers: { [hostOf(image)]: 'acr-helper' } }),
    environment: {
      ALIBABA_CLOUD_ACCESS_KEY_ID: key.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: key.secret,
      PATH: dirname(programFile('docker-credential-acr-helper')),
      ...more,
    },
  });
}

async function nodeRoleKey(): Promise<{ key: AccessKey; expiresAtMs: number }> {
  const headers = { 'X-aliyun-ecs-metadata-token-ttl-seconds': '60' };
  const signal = AbortSignal.timeout(5000);
  const session = await fetch(`${cloud.metadataUrl}/latest/api/token`, { method: 'PUT', headers, signal });
  const role = await fetch(
    `${cloud.metadataUrl}/latest/meta-data/ram/security-credentials/KubernetesWorkerRole`,
    { headers: { 'X-aliyun-ecs-metadata-token': await session.text() }, signal },
  );
  const found = (await role.json()) as Record<
    'AccessKeyId' | 'AccessKeySecret' | 'SecurityToken' | 'Expiration',
    string
  >;
  const key = {
    id: found.AccessKeyId,
    secret: found.AccessKeySecret,
    securityToken: found.SecurityToken,
  };
  return { key, expiresAtMs: Date.parse(found.Expiration) };
}

const whySkipped = noPython === undefined ? '' : ` (skipped: ${noPython})`;

describe.skipIf(noPython !== undefined)(`the official Python SDK${whySkipped}`, () => {
  test('is refused a nonce that an earlier request has used', async () => {
    const first = await python(puller, ...personal.options, '--nonce=meant-for-one-request');
    expect(first).toMatchObject({ kind: 'logged in' });
    const second = await python(puller, ...personal.options, '--nonce=meant-for-one-request');
    expect(second).toMatchObject({ kind: 'refused', code: 'SignatureNonceUsed' });
  });

  describe.each(editions)('with %s Edition', (_, { options, image }) => {
    describe.each(['ACS3-HMAC-SHA256', 'HMAC-SHA1'])('signing by %s', (signature) => {
      const signed = [...options, `--signature=${signature}`];

      test('gets a login that pulls', async () => {
        const login = await python(puller, ...signed);
        expect(login).toMatchObject({ domains: expect.arrayContaining([hostOf(image)]) as string[] });
        expect(await cloud.pull(image, dockerConfigOf(image, login))).toEqual({ kind: 'pulled' });
      });

      test('is refused when the signature was altered', async () => {
        expect(await python(puller, ...signed, '--alter=signature')).toMatchObject({
          kind: 'refused',
          code: 'SignatureDoesNotMatch',
        });
      });

      test('is refused when a parameter was added to what was signed', async () => {
        expect(await python(puller, ...signed, '--alter=parameter')).toMatchObject({
          kind: 'refused',
          code: 'SignatureDoesNotMatch',
        });
      });

      test('is refused when a request is sent again', async () => {
        expect(await python(puller, ...signed, '--replay')).toMatchObject({
          kind: 'refused',
          code: 'SignatureNonceUsed',
        });
      });

      test.each([-16, 16])('is refused when the clock is %i minutes off', async (minutes) => {
        expect(await python(puller, ...signed, `--clock-offset-seconds=${minutes * 60}`)).toMatchObject({
          kind: 'refused',
          code: 'InvalidTimeStamp.Expired',
        });
      });

      test.each([-14, 14])('gets a login when the clock is only %i minutes off', async (minutes) => {
        expect(await python(puller, ...signed, `--clock-offset-seconds=${minutes * 60}`)).toMatchObject({
          kind: 'logged in',
        });
      });
    });

    test('logs in with the temporary credentials of the node’s role, for as long as they live', async () => {
      const { key, expiresAtMs } = await nodeRoleKey();
      const login = await python(key, ...options);
      expect(login).toMatchObject({ kind: 'logged in', expiresAtMs });
      expect(await cloud.pull(image, dockerConfigOf(image, login))).toEqual({ kind: 'pulled' });
    });

    test.each([
      ['an unknown key', { ...puller, id: 'SANDBOXNOBODY' }, 'InvalidAccessKeyId.NotFound'],
      ['a wrong secret', { ...puller, secret: 'guessed' }, 'SignatureDoesNotMatch'],
      ['an identity without rights', stranger, 'NoPermission'],
    ])('is refused with %s', async (_what, key, code) => {
      expect(await python(key, ...options)).toMatchObject({ kind: 'refused', code });
    });
  });
});

describe('the official Go SDK', () => {
  test('gets a login that pulls', async () => {
    const login = await go(puller);
    expect(login).toMatchObject({
      domains: [
        'acme-registry.cn-hangzhou.cr.aliyuncs.com',
        'images.acme.example',
        'acme-registry-vpc.cn-hangzhou.cr.aliyuncs.com',
      ],
    });
    expect(await cloud.pull(enterprise.image, dockerConfigOf(enterprise.image, login))).toEqual({
      kind: 'pulled',
    });
  });

  test('is refused without rights', async () => {
    expect(await go(stranger)).toEqual({ kind: 'refused', status: 403, code: 'NoPermission' });
  });
});

describe('docker-credential-acr-helper, called by crane', () => {
  test.each(editions)(
    'pulls from %s Edition, finding the instance by its host name',
    async (_, { image }) => {
      expect(await pullByHelper(publisher, image)).toEqual({ kind: 'pulled' });
    },
  );

  test('pulls from an instance whose id it was told, for an identity that may not list instances', async () => {
    const told = {
      DOCKER_CREDENTIAL_ACR_HELPER_INSTANCE_ID: 'cri-sandbox00000001',
      DOCKER_CREDENTIAL_ACR_HELPER_REGION: 'cn-hangzhou',
    };
    expect(await pullByHelper(puller, enterprise.image, told)).toEqual({ kind: 'pulled' });
  });

  test.each(editions)('gets no login to %s Edition for an identity without rights', async (_, { image }) => {
    await expect(pullByHelper(stranger, image)).rejects.toThrow(/403, You are not authorized/);
  });
});
