import { beforeEach, describe, expect, it } from 'vitest';
import { Calls } from '../control/calls.ts';
import { Faults } from '../control/faults.ts';
import { AccessKeys } from '../credentials/access-keys.ts';
import { Lifetimes } from '../lifetimes.ts';
import { exampleWorld } from '../testing/example-world.ts';
import type { Machine } from '../world/world.ts';
import { metadataApp } from './metadata-app.ts';
import { RoleCredentials } from './role-credentials.ts';

const world = await exampleWorld();
const startMs = Date.parse('2026-01-31T12:00:00Z');
const rolePath = '/latest/meta-data/ram/security-credentials/';
const hourMs = 3_600_000;
const node: Machine = {
  account: '1000000000000001',
  regionId: 'cn-hangzhou',
  zoneId: 'cn-hangzhou-i',
  instanceId: 'i-sandbox1',
  roleName: 'KubernetesWorkerRole',
};

function freshMetadata(machine: Machine = node, mode: 'both' | 'v2-only' = 'both') {
  const now = { ms: startMs };
  const nowMs = () => now.ms;
  const calls = new Calls(() => undefined);
  const control = { calls, faults: new Faults(), nowMs };
  const accessKeys = new AccessKeys(world);
  const roleCredentials = new RoleCredentials({ accessKeys, machine, lifetimes: new Lifetimes(1), nowMs });
  const app = metadataApp({ machine, mode, control, roleCredentials });
  async function token(seconds: string): Promise<Response> {
    const headers = { 'X-aliyun-ecs-metadata-token-ttl-seconds': seconds };
    return app.request('/latest/api/token', { method: 'PUT', headers });
  }
  async function credentials(): Promise<Record<string, string>> {
    const response = await app.request(`${rolePath}KubernetesWorkerRole`);
    return (await response.json()) as Record<string, string>;
  }
  return { app, now, calls, accessKeys, token, credentials };
}

let metadata = freshMetadata();
beforeEach(() => {
  metadata = freshMetadata();
});

describe('the metadata service', () => {
  it.each([
    ['region-id', 'cn-hangzhou'],
    ['zone-id', 'cn-hangzhou-i'],
    ['owner-account-id', '1000000000000001'],
    ['instance-id', 'i-sandbox1'],
    ['ram/security-credentials/', 'KubernetesWorkerRole'],
  ])('tells the machine’s %s', async (name, value) => {
    const response = await metadata.app.request(`/latest/meta-data/${name}`);
    expect([response.status, await response.text()]).toEqual([200, value]);
  });

  it('has no role and no credentials for a machine without one', async () => {
    const { roleName: _, ...machine } = node;
    const { app } = freshMetadata(machine);
    expect((await app.request(rolePath)).status).toBe(404);
    expect((await app.request(`${rolePath}KubernetesWorkerRole`)).status).toBe(404);
  });

  it('has no credentials of another role', async () => {
    expect((await metadata.app.request(`${rolePath}Other`)).status).toBe(404);
  });

  it('gives credentials of a session that the cloud knows', async () => {
    const given = await metadata.credentials();
    expect(given).toMatchObject({ Code: 'Success', Expiration: '2026-01-31T18:00:00Z' });
    const key = metadata.accessKeys.find(given['AccessKeyId'] ?? '', given['SecurityToken']);
    expect(key).toMatchObject({
      accessKeySecret: given['AccessKeySecret'],
      expiresAtMs: startMs + 6 * hourMs,
      caller: { kind: 'role-session', roleName: 'KubernetesWorkerRole', sessionName: 'i-sandbox1' },
    });
  });

  it('gives everybody the same credentials until half an hour before their end', async () => {
    const first = await metadata.credentials();
    metadata.now.ms = startMs + 5.5 * hourMs - 1;
    expect(await metadata.credentials()).toEqual(first);
    metadata.now.ms += 1;
    const next = await metadata.credentials();
    expect(next['AccessKeyId']).not.toBe(first['AccessKeyId']);
    expect(next['Expiration']).toBe('2026-01-31T23:30:00Z');
  });

  it('answers with a token of its own, for as long as was asked for', async () => {
    const { app, now, token } = freshMetadata(node, 'v2-only');
    expect((await app.request(rolePath)).status).toBe(403);
    const headers = { 'X-aliyun-ecs-metadata-token': await (await token('60')).text() };
    expect((await app.request(rolePath, { headers })).status).toBe(200);
    now.ms += 60_000;
    expect((await app.request(rolePath, { headers })).status).toBe(401);
  });

  it('refuses a token that it did not give out, where one could do without too', async () => {
    const headers = { 'X-aliyun-ecs-metadata-token': 'made-up' };
    expect((await metadata.app.request(rolePath, { headers })).status).toBe(401);
  });

  it.each([
    ['0', 400],
    ['1', 200],
    ['21600', 200],
    ['21601', 400],
    ['soon', 400],
  ])('answers the wish for a token of %s seconds with %i', async (seconds, status) => {
    expect((await metadata.token(seconds)).status).toBe(status);
  });
});
