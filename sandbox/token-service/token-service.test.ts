import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuthorizationTokens, type Grant } from '../container-registry/authorization-tokens.ts';
import { Calls } from '../control/calls.ts';
import { Faults } from '../control/faults.ts';
import type { Caller } from '../credentials/caller.ts';
import { worldSchema, type World } from '../world/world.ts';
import { openSigningKey, type SigningKey } from './signing-key.ts';
import { tokenService } from './token-service.ts';

const account = '1000000000000001';
const another = '2000000000000002';
const enterpriseId = 'cri-sandbox00000001';
const enterpriseService = `registry.aliyuncs.com:cn-hangzhou:china:${enterpriseId}`;
const personalService = 'registry.aliyuncs.com:cn-hangzhou:26842';
const enterpriseHost = 'dockerauth-ee.cn-hangzhou.aliyuncs.com';
const personalHost = 'dockerauth.cn-hangzhou.aliyuncs.com';
const bearerLifeMs = 300_000;

function allow(Action: string | string[]) {
  return { Version: '1', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] };
}

function newWorld(): World {
  const policies = { Pull: allow('cr:PullRepository'), All: allow('cr:*') };
  const repositories = [{ name: 'team/app' }, { name: 'team/tools', public: true }];
  return worldSchema.parse({
    accounts: [
      {
        uid: account,
        name: 'owner',
        policies,
        ramUsers: [
          { name: 'puller', policies: ['Pull'] },
          { name: 'publisher', policies: ['All'] },
          { name: 'stranger' },
        ],
      },
      { uid: another, name: 'other', policies, ramUsers: [{ name: 'puller', policies: ['All'] }] },
    ],
    instances: [
      {
        edition: 'enterprise',
        id: enterpriseId,
        name: 'acme',
        account,
        regionId: 'cn-hangzhou',
        repositories,
        backend: 'http://127.0.0.1:5001',
      },
      {
        edition: 'personal',
        account,
        regionId: 'cn-hangzhou',
        repositories,
        backend: 'http://127.0.0.1:5002',
      },
    ],
  });
}

let stateDir: string;
let signingKey: SigningKey;
let world: World;
let tokens: AuthorizationTokens;
let calls: Calls;
let nowMs: number;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sandbox-token-service-'));
  signingKey = await openSigningKey(stateDir);
});

afterAll(() => rm(stateDir, { recursive: true }));

beforeEach(() => {
  world = newWorld();
  tokens = new AuthorizationTokens();
  calls = new Calls(() => undefined);
  nowMs = Date.UTC(2026, 0, 1);
});

function user(name: string, uid = account): Caller {
  return { kind: 'ram-user', account: uid, name };
}

function login(caller: Caller, grant: Partial<Grant> = {}): { authorization: string } {
  const { userName, token } = tokens.issue({
    instance: { edition: 'enterprise', id: enterpriseId, regionId: 'cn-hangzhou', account },
    caller,
    expiresAtMs: nowMs + 3_600_000,
    ...grant,
  });
  return basic(userName, token);
}

function personalLogin(name: string, uid = account): { authorization: string } {
  const instance = { edition: 'personal', regionId: 'cn-hangzhou', account: uid } as const;
  return login(user(name, uid), { instance });
}

function basic(userName: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}` };
}

async function ask(
  service: string,
  scopes: readonly string[],
  { headers = {}, host }: { headers?: Record<string, string>; host?: string } = {},
): Promise<Response> {
  const control = { calls, faults: new Faults(), nowMs: () => nowMs };
  const app = tokenService({ world, tokens, signingKey, control, nowMs: () => nowMs });
  const query = new URLSearchParams({ service });
  for (const scope of scopes) query.append('scope', scope);
  const usualHost = service === personalService ? personalHost : enterpriseHost;
  return app.request(`https://${host ?? usualHost}/auth?${query.toString()}`, { headers });
}

async function claimsOf(answer: Response, audience = enterpriseService) {
  expect(answer.status).toBe(200);
  const { token } = (await answer.json()) as { token: string };
  const keys = JSON.parse(await readFile(signingKey.jwksFile, 'utf8')) as JSONWebKeySet;
  const verified = await jwtVerify(token, createLocalJWKSet(keys), {
    issuer: 'dockerauth.aliyuncs.com',
    audience,
    currentDate: new Date(nowMs),
  });
  return verified.payload;
}

function outcomes(): Readonly<Record<string, number>> | undefined {
  return calls.summary().counts['token-service.auth'];
}

const pull = (name: string) => ({ type: 'repository', name, actions: ['pull'] });

describe('rights', () => {
  it.each([
    { who: 'puller', granted: ['pull'] },
    { who: 'publisher', granted: ['pull', 'push'] },
  ])('of the $who decide what of "pull,push,delete" is granted: $granted', async ({ who, granted }) => {
    const scopes = ['repository:team/app:pull,push,delete'];
    const claims = await claimsOf(await ask(enterpriseService, scopes, { headers: login(user(who)) }));
    expect(claims['access']).toEqual([{ type: 'repository', name: 'team/app', actions: granted }]);
  });

  it('are those of the moment, not of the moment of the login', async () => {
    const headers = login(user('puller'));
    world.accounts[0]?.ramUsers[0]?.policies.pop();
    const answer = await ask(enterpriseService, ['repository:team/app:pull'], { headers });
    expect((await claimsOf(answer))['access']).toEqual([]);
    expect(outcomes()).toEqual({ 'nothing-granted': 1 });
  });

  it('are needed for a public repository of Enterprise Edition too', async () => {
    const scopes = ['repository:team/tools:pull'];
    const claims = await claimsOf(await ask(enterpriseService, scopes, { headers: login(user('stranger')) }));
    expect(claims['access']).toEqual([]);
  });

  it('reach over several scopes, but not to what does not exist', async () => {
    const scopes = [
      'repository:team/app:pull repository:team/nothing:pull',
      'repository:team/tools:pull',
      'registry:catalog:*',
    ];
    const claims = await claimsOf(
      await ask(enterpriseService, scopes, { headers: login(user('publisher')) }),
    );
    expect(claims['access']).toEqual([pull('team/app'), pull('team/tools')]);
  });

  it('are not asked about where nothing is asked for: docker login', async () => {
    const claims = await claimsOf(await ask(enterpriseService, [], { headers: login(user('stranger')) }));
    expect(claims['access']).toEqual([]);
    expect(outcomes()).toEqual({ ok: 1 });
  });
});

describe('a login', () => {
  it.each([
    { outcome: 'unknown', headers: () => basic('cr_temp_user', 'made-up') },
    { outcome: 'unknown', headers: () => basic('root', 'made-up') },
    { outcome: 'expired', headers: () => login(user('puller'), { expiresAtMs: nowMs }) },
    { outcome: 'another-instance', headers: () => personalLogin('puller') },
    { outcome: 'malformed', headers: () => ({ authorization: 'Bearer something' }) },
    { outcome: 'anonymous', headers: () => ({}) },
  ])('that is $outcome gets 401, and is counted as that', async ({ outcome, headers }) => {
    const answer = await ask(enterpriseService, ['repository:team/tools:pull'], { headers: headers() });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(`Basic realm="https://${enterpriseHost}/auth"`);
    expect(await answer.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    expect(outcomes()).toEqual({ [outcome]: 1 });
  });

  it('for the Personal instance of another account is another login', async () => {
    const headers = personalLogin('puller', another);
    const answer = await ask(personalService, ['repository:team/app:pull'], { headers });
    expect(answer.status).toBe(401);
    expect(outcomes()).toEqual({ 'another-instance': 1 });
  });
});

describe('Personal Edition', () => {
  it('lets anybody pull what is public, and nothing else', async () => {
    const scopes = ['repository:team/app:pull', 'repository:team/tools:pull,push'];
    const claims = await claimsOf(await ask(personalService, scopes), personalService);
    expect(claims['access']).toEqual([pull('team/tools')]);
  });

  it('lets a login pull within its rights', async () => {
    const answer = await ask(personalService, ['repository:team/app:pull'], {
      headers: personalLogin('puller'),
    });
    expect((await claimsOf(answer, personalService))['access']).toEqual([pull('team/app')]);
  });
});

describe('a bearer token', () => {
  it('lives five minutes, and never longer than the login', async () => {
    const long = await claimsOf(await ask(enterpriseService, [], { headers: login(user('puller')) }));
    expect(long.exp).toBe((nowMs + bearerLifeMs) / 1000);
    const headers = login(user('puller'), { expiresAtMs: nowMs + 90_500 });
    const answer = await ask(enterpriseService, [], { headers });
    expect(await answer.clone().json()).toMatchObject({
      expires_in: 90,
      issued_at: new Date(nowMs).toISOString(),
    });
    expect((await claimsOf(answer)).exp).toBe(nowMs / 1000 + 90);
  });

  it('is never the same twice', async () => {
    const headers = login(user('puller'));
    const first = await claimsOf(await ask(enterpriseService, [], { headers }));
    const second = await claimsOf(await ask(enterpriseService, [], { headers }));
    expect(second.jti).not.toBe(first.jti);
  });
});

describe('a service', () => {
  it.each([
    { service: 'registry.aliyuncs.com:cn-hangzhou:china:cri-nothere00000001', host: enterpriseHost },
    { service: 'registry.aliyuncs.com:cn-beijing:26842', host: personalHost },
    { service: enterpriseService, host: personalHost },
    { service: personalService, host: enterpriseHost },
    { service: enterpriseService, host: 'dockerauth-ee.cn-beijing.aliyuncs.com' },
    { service: '', host: enterpriseHost },
  ])('"$service" is not known at $host', async ({ service, host }) => {
    const answer = await ask(service, [], { headers: login(user('puller')), host });
    expect(answer.status).toBe(400);
    expect(outcomes()).toEqual({ 'no-such-service': 1 });
  });

  it('is known at the VPC host too', async () => {
    const host = 'dockerauth-ee-vpc.cn-hangzhou.aliyuncs.com';
    const answer = await ask(enterpriseService, [], { headers: login(user('puller')), host });
    expect(answer.status).toBe(200);
  });
});
