import { describe, expect, it } from 'vitest';
import { trustPolicySchema } from '../world/policy-document.ts';
import { decideTrust, type Assumer } from './decide-trust.ts';

const ecs: Assumer = { kind: 'service', name: 'ecs.aliyuncs.com' };
const account = '1000000000000001';
const session: Assumer = {
  kind: 'caller',
  caller: { kind: 'role-session', account, roleName: 'demo', sessionName: 's', expiresAtMs: 0 },
};
const user: Assumer = { kind: 'caller', caller: { kind: 'ram-user', account, name: 'alice' } };
const providerArn = `acs:ram::${account}:oidc-provider/ack-rrsa-1`;
const cluster: Assumer = { kind: 'federated', providerArn };

const allow = {
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Principal: { Service: ['cs.aliyuncs.com', 'ecs.aliyuncs.com'] },
};
const conditional = { Condition: { StringEquals: { 'acs:SourceVpc': 'vpc-1' } } };

function decide(assumer: Assumer, statements: readonly object[], facts: Record<string, string> = {}): string {
  return decideTrust(trustPolicySchema.parse({ Version: '1', Statement: statements }), assumer, facts);
}

describe('a trust policy', () => {
  it('lets a service assume the role that a statement names, by any pattern of the action', () => {
    expect(decide(ecs, [allow])).toBe('allowed');
    expect(decide(ecs, [{ ...allow, Action: ['STS:assume*'] }])).toBe('allowed');
  });

  it.each([
    ['another action', { Action: 'sts:AssumeRoleWithOIDC' }],
    ['another service', { Principal: { Service: 'fc.aliyuncs.com' } }],
    ['a pattern of services', { Principal: { Service: '*' } }],
    ['an account', { Principal: { RAM: `acs:ram::${account}:root` } }],
    ['a condition', conditional],
  ])('does not let a service by a statement with %s', (_, change) => {
    expect(decide(ecs, [{ ...allow, ...change }])).toBe('implicit-deny');
  });

  it('does not let anybody whom a statement denies, be it under a condition', () => {
    expect(decide(ecs, [allow, { ...allow, Effect: 'Deny' }])).toBe('explicit-deny');
    expect(decide(ecs, [{ ...allow, Effect: 'Deny', ...conditional }, allow])).toBe('explicit-deny');
  });

  it('that is not there lets nobody', () => {
    expect(decideTrust(undefined, ecs, {})).toBe('implicit-deny');
  });

  it.each([
    [`acs:ram::${account}:role/demo`, 'allowed', 'implicit-deny'],
    [[`acs:ram::${account}:role/other`, `acs:ram::${account}:role/demo`], 'allowed', 'implicit-deny'],
    [`acs:ram::${account}:user/alice`, 'implicit-deny', 'allowed'],
    [`acs:ram::${account}:root`, 'allowed', 'allowed'],
    [`acs:ram::2000000000000002:root`, 'implicit-deny', 'implicit-deny'],
    [`acs:ram::${account}:role/demo/s`, 'implicit-deny', 'implicit-deny'],
    [`acs:ram::${account}:*`, 'implicit-deny', 'implicit-deny'],
  ])('for %j: a session of the role demo is %s, the user alice %s', (RAM, ofSession, ofUser) => {
    const statements = [{ ...allow, Principal: { RAM } }];
    expect(decide(session, statements)).toBe(ofSession);
    expect(decide(user, statements)).toBe(ofUser);
  });

  it('can deny one of an account that it lets otherwise', () => {
    const everybody = { ...allow, Principal: { RAM: `acs:ram::${account}:root` } };
    const notAlice = { ...allow, Effect: 'Deny', Principal: { RAM: `acs:ram::${account}:user/alice` } };
    expect(decide(user, [everybody, notAlice])).toBe('explicit-deny');
    expect(decide(session, [everybody, notAlice])).toBe('allowed');
  });

  const facts = {
    'oidc:iss': 'https://i',
    'oidc:aud': 'sts.aliyuncs.com',
    'oidc:sub': 'system:serviceaccount:a:b',
  };
  it.each([
    ['StringEquals', { 'oidc:sub': 'system:serviceaccount:a:b', 'oidc:aud': 'sts.aliyuncs.com' }, 'allowed'],
    ['StringEquals', { 'oidc:sub': ['system:serviceaccount:a:c', 'system:serviceaccount:a:b'] }, 'allowed'],
    ['StringEquals', { 'oidc:sub': 'System:ServiceAccount:a:b' }, 'implicit-deny'],
    ['StringEqualsIgnoreCase', { 'oidc:sub': 'System:ServiceAccount:a:b' }, 'allowed'],
    ['StringLike', { 'oidc:sub': 'system:serviceaccount:*:b' }, 'allowed'],
    ['StringLike', { 'oidc:sub': 'system:serviceaccount:*:c' }, 'implicit-deny'],
    ['StringNotEquals', { 'oidc:iss': 'https://i' }, 'implicit-deny'],
    ['StringNotLike', { 'oidc:iss': 'http://*' }, 'allowed'],
    ['StringEquals', { 'oidc:iss': 'https://i', 'oidc:aud': 'another' }, 'implicit-deny'],
    ['StringEquals', { 'oidc:unknown': 'x' }, 'implicit-deny'],
  ])('of a provider under %s %j is %s', (operator, keys, outcome) => {
    const statement = { ...allow, Principal: { Federated: [providerArn] }, Condition: { [operator]: keys } };
    expect(decide(cluster, [statement], facts)).toBe(outcome);
  });
});
