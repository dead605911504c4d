import { expect, it } from 'vitest';
import { trustPolicySchema } from '../world/policy-document.ts';
import { trustsService } from './trusts-service.ts';

const allow = {
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Principal: { Service: ['cs.aliyuncs.com', 'ecs.aliyuncs.com'] },
};
const conditional = { Condition: { StringEquals: { 'acs:SourceVpc': 'vpc-1' } } };

function trusts(...statements: readonly object[]): boolean {
  const policy = trustPolicySchema.parse({ Version: '1', Statement: statements });
  return trustsService(policy, 'ecs.aliyuncs.com');
}

it('trusts a service that a statement names, by any pattern of the action', () => {
  expect(trusts(allow)).toBe(true);
  expect(trusts({ ...allow, Action: ['STS:assume*'] })).toBe(true);
});

it.each([
  ['another action', { Action: 'sts:AssumeRoleWithOIDC' }],
  ['another service', { Principal: { Service: 'fc.aliyuncs.com' } }],
  ['a pattern of services', { Principal: { Service: '*' } }],
  ['an account', { Principal: { RAM: 'acs:ram::1000000000000001:root' } }],
  ['a condition', conditional],
])('does not trust a service by a statement with %s', (_, change) => {
  expect(trusts({ ...allow, ...change })).toBe(false);
});

it('does not trust a service that any statement denies, be it under a condition', () => {
  expect(trusts(allow, { ...allow, Effect: 'Deny' })).toBe(false);
  expect(trusts({ ...allow, Effect: 'Deny', ...conditional }, allow)).toBe(false);
});
