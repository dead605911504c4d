import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { worldSchema } from '../world/world.ts';
import { registryConfiguration } from './registry-configuration.ts';

const account = '1000000000000001';
const world = worldSchema.parse({
  accounts: [{ uid: account, name: 'owner' }],
  instances: [
    {
      edition: 'enterprise',
      id: 'cri-sandbox00000001',
      name: 'acme',
      account,
      regionId: 'cn-hangzhou',
      backend: 'http://127.0.0.1:5001',
    },
    { edition: 'personal', account, regionId: 'cn-beijing', backend: 'http://[::1]:5002' },
  ],
});
const files = { storageDir: '/var/lib/registry', jwksFile: '/var/lib/sandbox/jwks.json' };

test.each([
  {
    addr: '127.0.0.1:5001',
    realm: 'https://dockerauth-ee.cn-hangzhou.aliyuncs.com/auth',
    service: 'registry.aliyuncs.com:cn-hangzhou:china:cri-sandbox00000001',
  },
  {
    addr: '[::1]:5002',
    realm: 'https://dockerauth.cn-beijing.aliyuncs.com/auth',
    service: 'registry.aliyuncs.com:cn-beijing:26842',
  },
])('an instance is stored at $addr by a registry that trusts its own token service', (expected) => {
  const { addr, realm, service } = expected;
  const configurations: unknown[] = world.instances.map((one) => parse(registryConfiguration(one, files)));
  expect(configurations).toContainEqual(
    expect.objectContaining({
      http: expect.objectContaining({ addr }),
      auth: { token: expect.objectContaining({ realm, service, jwks: files.jwksFile }) },
    }),
  );
});
