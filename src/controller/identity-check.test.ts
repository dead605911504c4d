import { describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { FailureCode } from '../failures/catalogue.ts';
import type { Mint } from '../logins/mint-login.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { IdentityChoice, Instance } from '../settings/settings.ts';
import { checkIdentities } from './identity-check.ts';

const nodeRole: IdentityChoice = { kind: 'node-role' };
const roleArn = 'acs:ram::1000000000000001:role/owner';
const chain: IdentityChoice = { kind: 'assumed-role', roleArn, sessionSeconds: 3_600, from: nodeRole };
const key: IdentityChoice = { kind: 'access-key-secret', secretName: 'acr-key' };

function instanceOf(key: string, identity: IdentityChoice): Instance {
  const edition = { kind: 'enterprise', instanceId: key } as const;
  return { key, edition, regionId: 'cn-hangzhou', domains: ['a.example'], identity };
}

/** Where each identity fails with its code, or works. */
function mintOf(failing: ReadonlyMap<IdentityChoice, FailureCode>): Mint {
  const clock = new VirtualClock();
  const token = { userName: 'cr_temp_user', token: new Sensitive('example-token'), expiresAtMs: 3_600_000 };
  return {
    clock,
    identityOf: (choice) => () => {
      const code = failing.get(choice);
      if (code !== undefined) return Promise.reject(new Failure(code, 'told why'));
      return Promise.resolve({ accessKeyId: 'example', accessKeySecret: new Sensitive('s') });
    },
    callerOf: () => ({ who: 'somebody', arn: undefined }),
    registryOf: () => ({
      enterpriseToken: () => Promise.resolve(token),
      enterpriseDomains: () => Promise.resolve([]),
      personalToken: () => Promise.resolve(token),
    }),
    clusterRegion: () => Promise.resolve('cn-hangzhou'),
  };
}

const { signal } = new AbortController();

describe('the check of identities', () => {
  it('finds in the order of the instances who works, for how long and where, without the login', async () => {
    const instances = [instanceOf('cri-a', key), instanceOf('cri-b', chain)];
    const found = await checkIdentities(mintOf(new Map()), instances, signal);
    expect(found).toMatchObject([
      { instance: 'cri-a', kind: 'works', isOfThisMachine: false, hosts: ['a.example'] },
      {
        instance: 'cri-b',
        kind: 'works',
        isOfThisMachine: true,
        lifeMs: 3_600_000 - new VirtualClock().nowMs(),
      },
    ]);
    expect(JSON.stringify(found)).not.toContain('example-token');
  });

  it.each<[FailureCode, 'unchecked' | 'fails']>([
    ['METADATA_UNREACHABLE', 'unchecked'],
    ['METADATA_NO_ROLE', 'unchecked'],
    ['RRSA_ROLE_UNKNOWN', 'unchecked'],
    ['CLOUD_FORBIDDEN', 'fails'],
    ['OIDC_TOKEN_UNAVAILABLE', 'fails'],
  ])('finds for %s: %s', async (code, kind) => {
    const mint = mintOf(new Map([[nodeRole, code]]));
    const found = await checkIdentities(mint, [instanceOf('cri-a', nodeRole)], signal);
    expect(found).toMatchObject([{ kind, code, why: 'told why' }]);
  });
});
