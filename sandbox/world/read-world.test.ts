import { describe, expect, it } from 'vitest';
import { crossAccountWorld, exampleFile } from '../testing/example-world.ts';
import { parseWorld, readWorld, WorldError } from './read-world.ts';
import { regionsOf } from './world.ts';

function mistakesIn(text: string): string {
  try {
    parseWorld(text, 'w.yaml');
  } catch (thrown) {
    if (thrown instanceof WorldError) return thrown.message;
    throw thrown;
  }
  throw new Error('the world was read, but should have been refused');
}

function accountWith(rest: string): string {
  return `accounts:\n- uid: '1000000000000001'\n  name: a\n${rest}`;
}

function personalAt(port: number): string {
  return `{ edition: personal, account: '1000000000000001', regionId: cn-hangzhou, backend: 'http://127.0.0.1:${port}' }`;
}

function trustOf(principal: string): string {
  const statement = `{ Effect: Allow, Action: "sts:AssumeRole", Principal: ${principal} }`;
  return `, trustPolicy: { Version: "1", Statement: [${statement}] }`;
}

function machineWithRole(trust: string): string {
  return accountWith(
    `  roles: [{ name: r${trust} }, { name: idle }]\necs: { account: '1000000000000001', regionId: cn-hangzhou, zoneId: z, roleName: r }`,
  );
}

describe('a world', () => {
  it('has an example that is usable', async () => {
    const world = await readWorld(exampleFile);
    expect(world.accounts.map((account) => account.name)).toEqual(['registry-owner', 'somebody-else']);
    expect(world.instances.map((instance) => instance.edition)).toEqual(['enterprise', 'personal']);
    expect([...regionsOf(world)].toSorted()).toEqual(['cn-beijing', 'cn-hangzhou']);
  });

  it('has an example across accounts that is usable, with policies of the cloud by name', async () => {
    const world = await crossAccountWorld();
    expect(world.accounts.map((account) => account.name)).toEqual(['repository-owner', 'cluster-owner']);
    expect(world.accounts[1]?.roles[0]?.policies).toEqual(['AliyunSTSAssumeRoleAccess']);
  });

  it.each([
    ['no https', '{ issuerUrl: "http://a.example" }', 'issuerUrl: an issuer is an https URL'],
    ['a query', '{ issuerUrl: "https://a.example?b" }', 'issuerUrl: an issuer URL has no query'],
    ['no fingerprint', '{ fingerprints: [] }', 'fingerprints: Too small'],
    ['SHA-256', `{ fingerprints: [${'a'.repeat(64)}] }`, 'fingerprints.0: a fingerprint is SHA-1'],
    ['a client id of blanks', '{ clientIds: [a b] }', 'clientIds.0: letters, digits'],
    ['a week and an hour', '{ issuanceLimitHours: 169 }', 'issuanceLimitHours: Too big'],
  ])('is refused where an OIDC provider has %s', (_, change, text) => {
    const provider = `{ name: p, issuerUrl: "https://a.example", fingerprints: [${'a'.repeat(40)}] }`;
    expect(() => parseWorld(accountWith(`  oidcProviders: [${provider}]`), 'w.yaml')).not.toThrow();
    const changed = `{ <<: [${change}, ${provider}] }`;
    const mistakes = mistakesIn(`%YAML 1.1\n---\n${accountWith(`  oidcProviders: [${changed}]`)}`);
    expect(mistakes).toContain(`accounts.0.oidcProviders.0.${text}`);
  });

  it('is refused where a policy of its own has the name of one of the cloud', () => {
    const policy = `{ Version: "1", Statement: [{ Effect: Allow, Action: "*", Resource: "*" }] }`;
    expect(mistakesIn(accountWith(`  policies: { AliyunSTSAssumeRoleAccess: ${policy} }`))).toContain(
      'accounts.0.policies: AliyunSTSAssumeRoleAccess is the name of a policy of the cloud',
    );
  });

  it('is refused naming the path of each mistake', () => {
    const message = mistakesIn(accountWith('  ramUsers:\n  - name: u\n    colour: red\nregions: [nowhere]'));
    expect(message).toContain('w.yaml is not a usable world:');
    expect(message).toContain('accounts.0.ramUsers.0: Unrecognized key: "colour"');
    expect(message).toContain('regions.0: not a region id');
  });

  it('is refused where it holds a key that could be a real one', () => {
    const key = `{ accessKeyId: LTAI5tExample, accessKeySecret: '12345678' }`;
    expect(mistakesIn(accountWith(`  ramUsers: [{ name: u, accessKeys: [${key}] }]`))).toContain(
      'accounts.0.ramUsers.0.accessKeys.0.accessKeyId: an access key id of the sandbox starts with SANDBOX',
    );
  });

  it.each([
    ['Principal', '{ RAM: "*" }', 'Unrecognized key: "Principal"'],
    ['NotResource', '"*"', 'Unrecognized key: "NotResource"'],
    ['NotAction', '"cr:*"', 'needs exactly one of Action and NotAction'],
  ])('is refused where a permission policy has %s besides', (element, value, text) => {
    const statement = `{ Effect: Allow, Action: "cr:*", Resource: "*", ${element}: ${value} }`;
    const policies = `  policies: { p: { Version: "1", Statement: [${statement}] } }`;
    expect(mistakesIn(accountWith(policies))).toContain(`accounts.0.policies.p.Statement.0: ${text}`);
  });

  it('is refused where it names what it does not have', () => {
    const text = accountWith(
      `  ramUsers: [{ name: u, policies: [gone] }]\necs: { account: '9000000000000009', regionId: cn-hangzhou, zoneId: z, roleName: r }`,
    );
    expect(mistakesIn(text).split('\n  ').slice(1)).toEqual([
      'accounts.0.ramUsers.0.policies: the account has no policy named gone',
      'ecs.account: there is no account 9000000000000009',
      'ecs.roleName: account 9000000000000009 has no role r',
    ]);
  });

  it.each([
    ['without a trust policy', ''],
    ['that trusts another service', trustOf('{ Service: fc.aliyuncs.com }')],
    ['that trusts the account only', trustOf('{ RAM: "acs:ram::1000000000000001:root" }')],
  ])('is refused where the machine has a role %s', (_, trust) => {
    expect(mistakesIn(machineWithRole(trust))).toContain(
      'ecs.roleName: the trustPolicy of role r does not let ecs.aliyuncs.com assume it',
    );
  });

  it('is usable where the machine’s role trusts machines, and other roles trust nobody', () => {
    const world = parseWorld(machineWithRole(trustOf('{ Service: ecs.aliyuncs.com }')), 'w.yaml');
    expect(world.accounts[0]?.roles.map(({ name }) => name)).toEqual(['r', 'idle']);
  });

  it('is refused where a registry would be off this machine', () => {
    const instance = `{ edition: personal, account: '1000000000000001', regionId: cn-hangzhou, backend: 'http://10.0.0.1:5000' }`;
    expect(mistakesIn(accountWith(`instances: [${instance}]`))).toContain(
      'instances.0.backend: a registry of the sandbox is on this machine',
    );
  });

  it('is refused where two Personal instances would share a region’s host name', () => {
    expect(mistakesIn(accountWith(`instances: [${personalAt(1)}, ${personalAt(2)}]`))).toContain(
      'instances: the Personal instance of cn-hangzhou is there more than once',
    );
  });
});
