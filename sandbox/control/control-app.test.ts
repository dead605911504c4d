import { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { serveOnLoopback } from '../serve-on-loopback.ts';
import { exampleWorld } from '../testing/example-world.ts';
import { ChangeableAccounts } from '../world/changeable-accounts.ts';
import { Calls } from './calls.ts';
import { fetchWithResets } from './connection-reset.ts';
import { controlApp } from './control-app.ts';
import { countAndInjectFaults, type CountedEnv } from './count-and-inject-faults.ts';
import { Faults } from './faults.ts';

const example = await exampleWorld();

function freshService() {
  const calls = new Calls(() => undefined);
  const control = { calls, faults: new Faults(), nowMs: () => 1_000 };
  const service = new Hono<CountedEnv>();
  service.use(
    countAndInjectFaults(control, 'container-registry', (request) => new URL(request.url).pathname.slice(1)),
  );
  service.get('/Ask', (context) => context.text('answer'));
  const accounts = new ChangeableAccounts(example);
  return { accounts, calls, service, controls: controlApp({ ...control, accounts }) };
}

let { accounts, calls, service, controls } = freshService();
beforeEach(() => {
  ({ accounts, calls, service, controls } = freshService());
});

async function switchOn(fault: object): Promise<Response> {
  return controls.request('/faults', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ service: 'container-registry', ...fault }),
  });
}

describe('the control port', () => {
  it('counts what was called and how it ended, and starts again when told', async () => {
    await service.request('/Ask');
    await service.request('/Nothing');
    expect(await (await controls.request('/calls')).json()).toMatchObject({
      counts: { 'container-registry.Ask': { ok: 1 }, 'container-registry.Nothing': { 'HTTP 404': 1 } },
      recent: [{ action: 'Ask' }, { action: 'Nothing' }],
    });
    await controls.request('/reset-counts', { method: 'POST' });
    expect(calls.summary()).toEqual({ counts: {}, recent: [] });
  });

  it('lets a fault strike as often as it says, and only the action it names', async () => {
    await switchOn({ kind: 'error', action: 'Ask', times: 2, status: 503, code: 'ServiceUnavailable' });
    expect((await service.request('/Other')).status).toBe(404);
    const struck = await service.request('/Ask');
    expect([struck.status, await struck.json()]).toMatchObject([503, { Code: 'ServiceUnavailable' }]);
    expect((await service.request('/Ask')).status).toBe(503);
    expect((await service.request('/Ask')).status).toBe(200);
    expect(calls.summary().counts['container-registry.Ask']).toEqual({ 'fault:error': 2, ok: 1 });
  });

  it('throttles with the header that says for how long', async () => {
    await switchOn({ kind: 'throttle', retryAfterMs: 2_000 });
    const struck = await service.request('/Ask');
    expect(struck.status).toBe(429);
    expect(struck.headers.get('x-ratelimit-user-api')).toBe('Limit:1,Remain:0,TimeLeft:2000,Reset:3000');
  });

  it('makes an answer come later, but come', async () => {
    await switchOn({ kind: 'delay', delayMs: 30, times: 1 });
    const startMs = performance.now();
    expect(await (await service.request('/Ask')).text()).toBe('answer');
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(29);
  });

  it('cuts an answer so that it cannot be read', async () => {
    await switchOn({ kind: 'malformed' });
    await expect((await service.request('/Ask')).json()).rejects.toThrow(SyntaxError);
  });

  it('drops the connection instead of answering', async () => {
    await switchOn({ kind: 'reset', times: 1 });
    const served = await serveOnLoopback(fetchWithResets(service), 0);
    try {
      await expect(fetch(`${served.url}/Ask`)).rejects.toThrow('fetch failed');
      expect((await fetch(`${served.url}/Ask`)).status).toBe(200);
    } finally {
      await served.close();
    }
  });

  it('takes faults away again', async () => {
    await switchOn({ kind: 'error' });
    await controls.request('/faults', { method: 'DELETE' });
    expect((await service.request('/Ask')).status).toBe(200);
  });

  it('says what is wrong with a fault it does not know', async () => {
    const response = await switchOn({ kind: 'delay', delayMs: 'long' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ mistakes: [expect.stringContaining('delayMs')] });
  });

  it('gives the accounts in the form that it takes them', async () => {
    const text = await (await controls.request('/accounts')).text();
    expect((await controls.request('/accounts', { method: 'PUT', body: text })).status).toBe(204);
    expect(accounts.world).toEqual(example);
  });

  it('puts accounts in the place of the world’s, as YAML too, and leaves the rest', async () => {
    const role = `{ name: KubernetesWorkerRole, trustPolicy: { Version: '1', Statement:
      [{ Effect: Allow, Action: '*', Principal: { Service: ecs.aliyuncs.com } }] } }`;
    const text = `- { uid: '1000000000000001', name: all, roles: [${role}] }`;
    const world = accounts.world;
    expect((await controls.request('/accounts', { method: 'PUT', body: text })).status).toBe(204);
    expect(world.accounts.map(({ name }) => name)).toEqual(['all']);
    expect(world.instances).toEqual(example.instances);
  });

  it('says what is wrong with accounts, and changes nothing', async () => {
    const body = `[{ uid: '1000000000000001', name: a }]`;
    const response = await controls.request('/accounts', { method: 'PUT', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      mistakes: ['ecs.roleName: account 1000000000000001 has no role KubernetesWorkerRole'],
    });
    expect((await controls.request('/accounts', { method: 'PUT', body: '{' })).status).toBe(400);
    expect(accounts.world).toEqual(example);
  });
});
