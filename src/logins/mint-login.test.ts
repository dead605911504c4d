import { describe, expect, it } from 'vitest';
import type { ContainerRegistry } from '../alibaba/container-registry.ts';
import { Failure } from '../failures/failure.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Instance } from '../settings/settings.ts';
import { mintLogin, type Mint } from './mint-login.ts';

const signal = new AbortController().signal;
const token = { userName: 'cr_temp_user', token: new Sensitive('example-token'), expiresAtMs: 3_600_000 };
const listed = [{ domain: 'acme-registry.cn-hangzhou.cr.aliyuncs.com', type: 'SYSTEM' }];

const enterprise: Instance = {
  key: 'cri-a',
  edition: { kind: 'enterprise', instanceId: 'cri-a' },
  regionId: undefined,
  domains: undefined,
  identity: { kind: 'node-role' },
};
const personal: Instance = { ...enterprise, key: 'personal', edition: { kind: 'personal' } };

const accessDenied = { action: undefined, principalType: undefined, principalName: undefined };
const denied = new Failure('CLOUD_FORBIDDEN', 'NoPermission', {
  refusal: {
    asked: 'Something at cr.cn-hangzhou.aliyuncs.com',
    httpStatus: 403,
    code: 'NoPermission',
    message: 'text',
    requestId: undefined,
    accessDenied: { ...accessDenied, accountId: undefined, denial: 'ImplicitDeny', policyType: undefined },
  },
});

function mintWith(registry: Partial<ContainerRegistry>): { mint: Mint; regions: string[] } {
  const regions: string[] = [];
  const whole: ContainerRegistry = {
    enterpriseToken: () => Promise.resolve(token),
    enterpriseDomains: () => Promise.resolve(listed),
    personalToken: () => Promise.resolve(token),
    ...registry,
  };
  const credentials = { accessKeyId: 'example', accessKeySecret: new Sensitive('s') };
  const mint: Mint = {
    clock: new VirtualClock(),
    identityOf: () => () => Promise.resolve(credentials),
    callerOf: () => ({ who: 'role puller of account 1000000000000001', arn: undefined }),
    registryOf: (regionId) => {
      regions.push(regionId);
      return whole;
    },
    clusterRegion: () => Promise.resolve('cn-hangzhou'),
  };
  return { mint, regions };
}

describe('minting a login', () => {
  it('asks the region of the entry, else that of the cluster', async () => {
    const { mint, regions } = mintWith({});
    await mintLogin(mint, { ...enterprise, regionId: 'cn-beijing' }, signal);
    await mintLogin(mint, enterprise, signal);
    expect(regions).toEqual(['cn-beijing', 'cn-hangzhou']);
  });

  it('is good for the instance’s domains, or by rule for those of Personal Edition', async () => {
    const { mint } = mintWith({});
    expect((await mintLogin(mint, enterprise, signal)).domains).toContain(
      'acme-registry.cn-hangzhou.cr.aliyuncs.com',
    );
    expect((await mintLogin(mint, personal, signal)).domains).toContain('registry.cn-hangzhou.aliyuncs.com');
  });

  it('does not ask for domains where the entry lists them', async () => {
    const { mint } = mintWith({ enterpriseDomains: () => Promise.reject(new Error('asked')) });
    const login = await mintLogin(mint, { ...enterprise, domains: ['images.acme.example'] }, signal);
    expect(login.domains).toEqual(['images.acme.example']);
  });

  it('asks for the permission or the domains where neither is there', async () => {
    const { mint } = mintWith({ enterpriseDomains: () => Promise.reject(denied) });
    await expect(mintLogin(mint, enterprise, signal)).rejects.toMatchObject({
      code: 'DOMAINS_UNKNOWN',
      message: expect.stringMatching(
        /^the domains of cri-a are not known: role puller .* lacks cr:ListInstanceEndpoint.*domains:.*NoPermission/,
      ) as string,
    });
  });

  it.each<[string, Instance, Partial<ContainerRegistry>]>([
    ['of Enterprise Edition', enterprise, { enterpriseToken: () => Promise.reject(denied) }],
    ['of Personal Edition', personal, { personalToken: () => Promise.reject(denied) }],
  ])('tells who lacks what where a login %s is refused', async (_edition, instance, registry) => {
    const { mint } = mintWith(registry);
    await expect(mintLogin(mint, instance, signal)).rejects.toMatchObject({
      code: 'CLOUD_FORBIDDEN',
      message: expect.stringContaining('role puller of account 1000000000000001 lacks cr:GetAuth') as string,
    });
  });

  it('asks for domains where the instance has no endpoint that is enabled', async () => {
    const { mint } = mintWith({ enterpriseDomains: () => Promise.resolve([]) });
    await expect(mintLogin(mint, enterprise, signal)).rejects.toMatchObject({ code: 'DOMAINS_UNKNOWN' });
  });

  it.each([
    ['an outage', new Failure('CLOUD_UNREACHABLE', 'no answer')],
    ['a wrong key', new Failure('CLOUD_REFUSED', 'InvalidAccessKeyId.NotFound')],
  ])('does not take %s for a missing permission', async (_what, failure) => {
    const { mint } = mintWith({ enterpriseDomains: () => Promise.reject(failure) });
    await expect(mintLogin(mint, enterprise, signal)).rejects.toBe(failure);
  });
});
