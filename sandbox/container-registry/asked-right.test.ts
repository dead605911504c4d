import { describe, expect, it } from 'vitest';
import { cloudUnderTest, startMs } from '../testing/cloud-under-test.ts';
import { exampleWorld } from '../testing/example-world.ts';
import { keyOf, signOfficially, type ClientCall } from '../testing/sign-officially.ts';
import { permissionPolicySchema } from '../world/policy-document.ts';
import type { World } from '../world/world.ts';

const instanceId = 'cri-sandbox00000001';
const everything = { Effect: 'Allow', Action: 'cr:*', Resource: '*' };

/** The example world, with these statements as the publisher's only policy. */
async function worldWhere(...statements: readonly object[]): Promise<World> {
  const world = await exampleWorld();
  const policy = permissionPolicySchema.parse({ Version: '1', Statement: statements });
  const accounts = world.accounts.map((account) => ({
    ...account,
    policies: { ...account.policies, EverythingInContainerRegistry: policy },
  }));
  return { ...world, accounts };
}

const calls = {
  'a token': { query: { InstanceId: instanceId } },
  'a list of instances': { action: 'ListInstance' },
  'a Personal token': { path: '/tokens', version: '2016-06-07' },
} as const satisfies Record<string, Partial<ClientCall>>;

/** What comes of the publisher's call: `ok`, or why not. */
async function outcomeOf(call: keyof typeof calls, ...statements: readonly object[]): Promise<string> {
  const cloud = await cloudUnderTest({ world: await worldWhere(...statements) });
  const request = signOfficially({ key: keyOf('publisher'), signedAtMs: startMs, ...calls[call] });
  const { status, body } = await cloud.send(request);
  if (status === 200) return 'ok';
  const { NoPermissionType } = body['AccessDeniedDetail'] as { readonly NoPermissionType: string };
  return NoPermissionType;
}

function denied(Resource: string): object {
  return { Effect: 'Deny', Action: 'cr:*', Resource };
}

const names = Object.keys(calls) as (keyof typeof calls)[];

describe('a call that has no resource of its own', () => {
  it.each(names)('%s is allowed on everything, and not by ARNs however wide', async (call) => {
    expect(await outcomeOf(call, everything)).toBe('ok');
    expect(await outcomeOf(call, { ...everything, Resource: 'acs:cr:*:*:*' })).toBe('ImplicitDeny');
  });

  it.each(names)('%s is denied where every ARN is, or every instance and repository', async (call) => {
    expect(await outcomeOf(call, everything, denied('acs:cr:*:*:*'))).toBe('ExplicitDeny');
    expect(await outcomeOf(call, everything, denied('acs:cr:*:*:instance/*'))).toBe('ExplicitDeny');
    expect(await outcomeOf(call, everything, denied('acs:cr:*:*:repository/*'))).toBe('ExplicitDeny');
  });

  it.each([
    `acs:cr:cn-hangzhou:1000000000000001:instance/${instanceId}`,
    `acs:cr:*:*:repository/${instanceId}`,
    `acs:cr:*:*:repository/${instanceId}/*`,
  ])('is denied by %s where it is about this instance', async (resource) => {
    expect(await outcomeOf('a token', everything, denied(resource))).toBe('ExplicitDeny');
    expect(await outcomeOf('a list of instances', everything, denied(resource))).toBe('ExplicitDeny');
    expect(await outcomeOf('a Personal token', everything, denied(resource))).toBe('ok');
  });

  it.each([
    'acs:cr:*:*:instance/cri-other00000000001',
    'acs:cr:cn-beijing:*:*',
    'acs:cr:*:2000000000000002:*',
    `acs:cr:*:*:repository/${instanceId}/team/app`,
  ])('is not denied by %s', async (resource) => {
    for (const call of names) expect(await outcomeOf(call, everything, denied(resource))).toBe('ok');
  });
});
