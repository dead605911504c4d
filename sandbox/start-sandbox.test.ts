import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { ProxyAgent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from './start-sandbox.ts';
import { exampleWorld } from './testing/example-world.ts';
import { keyOf, signOfficially } from './testing/sign-officially.ts';

let stateDir: string;
let sandbox: Sandbox;
let proxy: ProxyAgent;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSandbox(
    await exampleWorld(),
    { 'state-dir': stateDir, 'time-scale': 600, 'edge-port': 0, 'metadata-port': 0, 'control-port': 0 },
    { logger: pino({ enabled: false }), nowMs: Date.now },
  );
  const ca = await readFile(sandbox.ready.caFile, 'utf8');
  proxy = new ProxyAgent({ uri: sandbox.ready.edge, requestTls: { ca } });
});

afterAll(async () => {
  await proxy.close();
  await sandbox.close();
  await rm(stateDir, { recursive: true });
});

/** Sent as any client sends that was given nothing but a proxy and a certificate authority. */
async function send(call: Request): Promise<{ readonly status: number; readonly body: unknown }> {
  const { url, method } = call;
  const { statusCode, body } = await request(url, {
    method: method === 'POST' ? 'POST' : 'GET',
    headers: Object.fromEntries(call.headers),
    dispatcher: proxy,
  });
  return { status: statusCode, body: await body.json() };
}

function callOf(user: string, signedAtMs = Date.now()): Request {
  return signOfficially({ key: keyOf(user), signedAtMs, query: { InstanceId: 'cri-sandbox00000001' } });
}

describe('the sandbox', () => {
  it('gives a client that the official SDK signs for a token, over TLS and the real host name', async () => {
    const startedAtMs = Date.now();
    const { status, body } = await send(callOf('puller'));
    expect(status).toBe(200);
    const { ExpireTime } = body as { readonly ExpireTime: number };
    expect(ExpireTime).toBeGreaterThanOrEqual(startedAtMs + 6_000);
    expect(ExpireTime).toBeLessThanOrEqual(Date.now() + 6_000);
  });

  it('gives the machine’s role a token that ends with the role’s credentials', async () => {
    const path = '/latest/meta-data/ram/security-credentials/KubernetesWorkerRole';
    const response = await fetch(`${sandbox.ready.metadata}${path}`);
    const given = (await response.json()) as Readonly<Record<string, string>>;
    const { AccessKeyId = '', AccessKeySecret = '', SecurityToken = '', Expiration = '' } = given;
    const key = {
      accessKeyId: AccessKeyId,
      accessKeySecret: AccessKeySecret,
      securityToken: SecurityToken,
    };
    const query = { InstanceId: 'cri-sandbox00000001' };
    const { body } = await send(signOfficially({ key, signedAtMs: Date.now(), query }));
    expect(body).toMatchObject({ IsSuccess: true, ExpireTime: Date.parse(Expiration) });
  });

  it('refuses an altered signature, a used nonce and a wrong clock', async () => {
    const altered = callOf('puller');
    altered.headers.set('x-acs-signature-nonce', 'another');
    expect(await send(altered)).toMatchObject({ status: 400, body: { Code: 'SignatureDoesNotMatch' } });

    const once = callOf('puller');
    expect((await send(once)).status).toBe(200);
    expect(await send(once)).toMatchObject({ status: 400, body: { Code: 'SignatureNonceUsed' } });

    const early = callOf('puller', Date.now() + 20 * 60_000);
    expect(await send(early)).toMatchObject({ status: 400, body: { Code: 'InvalidTimeStamp.Expired' } });
  });

  it('says at its control port what was called', async () => {
    await send(callOf('puller'));
    const response = await fetch(`${sandbox.ready.control}/calls`);
    const { recent } = (await response.json()) as { recent: readonly object[] };
    expect(recent.at(-1)).toMatchObject({
      service: 'container-registry',
      action: 'GetAuthorizationToken',
      outcome: 'ok',
      caller: 'acs:ram::1000000000000001:user/puller',
    });
  });

  it('tells machines about themselves', async () => {
    const response = await fetch(`${sandbox.ready.metadata}/latest/meta-data/region-id`);
    expect(await response.text()).toBe('cn-hangzhou');
  });
});
