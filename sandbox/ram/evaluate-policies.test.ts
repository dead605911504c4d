import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permissionPolicySchema, type PermissionPolicy } from '../world/policy-document.ts';
import { evaluatePolicies } from './evaluate-policies.ts';

function policy(...statements: readonly object[]): PermissionPolicy {
  return permissionPolicySchema.parse({ Version: '1', Statement: statements });
}

function decide(policies: readonly PermissionPolicy[], action: string, resource = '*'): string {
  const facts = { 'acs:SecureTransport': 'true' };
  return evaluatePolicies(policies, { action, resource, alsoDeniedAt: [], facts });
}

const allow = { Effect: 'Allow', Resource: '*' };
const deny = { Effect: 'Deny', Resource: '*' };
const repository = 'acs:cr:cn-hangzhou:1000000000000001:repository/cri-a/team/app';

function pullWhereAllowedOn(Resource: string): string {
  return decide([policy({ ...allow, Action: 'cr:*', Resource })], 'cr:PullRepository', repository);
}

describe('RAM policies', () => {
  it('allow nothing by default', () => {
    expect(decide([], 'cr:PullRepository')).toBe('implicit-deny');
  });

  it('name actions with wildcards and without regard to case', () => {
    const policies = [policy({ ...allow, Action: 'CR:get*' }, { ...allow, Action: ['cr:Pus?Repository'] })];
    expect(decide(policies, 'cr:GetAuthorizationToken')).toBe('allowed');
    expect(decide(policies, 'cr:PushRepository')).toBe('allowed');
    expect(decide(policies, 'cr:PullRepository')).toBe('implicit-deny');
  });

  it('allow all but what NotAction names', () => {
    const policies = [policy({ ...allow, NotAction: 'cr:Push*' })];
    expect(decide(policies, 'cr:PullRepository')).toBe('allowed');
    expect(decide(policies, 'cr:PushRepository')).toBe('implicit-deny');
  });

  it('compare resources with regard to case', () => {
    expect(pullWhereAllowedOn('acs:cr:*:*:repository/cri-a/*')).toBe('allowed');
    expect(pullWhereAllowedOn('acs:cr:*:*:repository/cri-a/Team/*')).toBe('implicit-deny');
    expect(pullWhereAllowedOn('acs:cr:*:*:repository/cri-b/*')).toBe('implicit-deny');
  });

  it('do not reach an action without a resource of its own by a pattern of ARNs', () => {
    const policies = [policy({ ...allow, Action: 'cr:*', Resource: 'acs:cr:*:*:*' })];
    expect(decide(policies, 'cr:GetAuthorizationToken')).toBe('implicit-deny');
  });

  it('reach what has other names by a Deny of one of them, and by no Allow', () => {
    const [action, name] = ['cr:ListInstance', 'acs:cr:cn-hangzhou:1000000000000001:instance/cri-a'];
    const question = { action, resource: '*', alsoDeniedAt: [name], facts: {} };
    const everything = { ...allow, Action: 'cr:*' };
    const byName = { ...everything, Resource: 'acs:cr:*:*:instance/cri-a' };
    expect(evaluatePolicies([policy(byName)], question)).toBe('implicit-deny');
    expect(evaluatePolicies([policy(everything)], question)).toBe('allowed');
    expect(evaluatePolicies([policy(everything, { ...byName, Effect: 'Deny' })], question)).toBe(
      'explicit-deny',
    );
  });

  it('apply only where every condition holds', () => {
    const policies = [
      policy({ ...allow, Action: 'cr:*', Condition: { Bool: { 'acs:SecureTransport': true } } }),
    ];
    expect(decide(policies, 'cr:PullRepository')).toBe('allowed');
    const plain = [
      policy({ ...allow, Action: 'cr:*', Condition: { Bool: { 'acs:SecureTransport': false } } }),
    ];
    expect(decide(plain, 'cr:PullRepository')).toBe('implicit-deny');
  });

  it.each([
    ['an operator it does not know', { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } }],
    ['a fact it does not have', { StringEquals: { 'acs:MFAPresent': 'true' } }],
  ])('take the stricter side of a condition with %s', (_, Condition) => {
    expect(decide([policy({ ...allow, Action: 'cr:*', Condition })], 'cr:PullRepository')).toBe(
      'implicit-deny',
    );
    const denied = policy({ ...allow, Action: 'cr:*' }, { ...deny, Action: 'cr:*', Condition });
    expect(decide([denied], 'cr:PullRepository')).toBe('explicit-deny');
  });

  const actions = fc.constantFrom('cr:PullRepository', 'cr:PushRepository', 'cr:GetAuthorizationToken');
  const statements = fc.record({
    Effect: fc.constantFrom<string>('Allow', 'Deny'),
    Action: fc.array(fc.constantFrom<string>('cr:*', 'cr:Pull*', 'cr:?ushRepository', 'sts:*', '*'), {
      minLength: 1,
      maxLength: 3,
    }),
    Resource: fc.constantFrom<string>('*', 'acs:cr:*:*:repository/cri-a/*', 'acs:cr:*:*:repository/cri-b/*'),
  });

  it('deny whatever one Deny covers, whatever else is allowed and in whatever order', () => {
    fc.assert(
      fc.property(fc.array(statements), fc.nat(), actions, (others, place, action) => {
        const all = others.toSpliced(place % (others.length + 1), 0, {
          Effect: 'Deny',
          Action: [action],
          Resource: '*',
        });
        expect(decide([policy(...all)], action, repository)).toBe('explicit-deny');
      }),
    );
  });

  it('never allow more when a Deny is added', () => {
    fc.assert(
      fc.property(fc.array(statements, { minLength: 1 }), statements, actions, (some, extra, action) => {
        const before = decide([policy(...some)], action, repository);
        const after = decide([policy(...some), policy({ ...extra, Effect: 'Deny' })], action, repository);
        expect(before === 'allowed' || after !== 'allowed').toBe(true);
      }),
    );
  });
});
