import { describe, expect, it } from 'vitest';
import { hostsOf } from './hosts.ts';
import { exampleWorld } from './testing/example-world.ts';
import type { World } from './world/world.ts';

const example = await exampleWorld();

function withInternetDisabled(world: World): World {
  const instances = world.instances.map((one) =>
    one.edition === 'personal'
      ? one
      : {
          ...one,
          endpoints: { ...one.endpoints, internet: { ...one.endpoints.internet, enabled: false } },
        },
  );
  return { ...world, instances };
}

describe('the hosts of a world', () => {
  it.each([
    ['cr.cn-hangzhou.aliyuncs.com', 'container-registry'],
    ['cr-vpc.cn-beijing.aliyuncs.com', 'container-registry'],
    ['sts.aliyuncs.com', 'sts'],
    ['sts.cn-hangzhou.aliyuncs.com', 'sts'],
    ['sts-vpc.cn-beijing.aliyuncs.com', 'sts'],
    ['dockerauth-ee.cn-hangzhou.aliyuncs.com', 'token-service'],
    ['dockerauth-vpc.cn-hangzhou.aliyuncs.com', 'token-service'],
    ['acme-registry.cn-hangzhou.cr.aliyuncs.com', 'registry'],
    ['acme-registry-vpc.cn-hangzhou.cr.aliyuncs.com', 'registry'],
    ['acme-registry-internal.cn-hangzhou.cr.aliyuncs.com', 'registry'],
    ['images.acme.example', 'registry'],
    ['registry-vpc.cn-hangzhou.aliyuncs.com', 'registry'],
    ['100.100.100.200', 'metadata'],
  ])('have %s, a %s', (name, kind) => {
    expect(hostsOf(example).get(name)?.kind).toBe(kind);
  });

  it.each([
    'cr.cn-shanghai.aliyuncs.com',
    'sts-vpc.aliyuncs.com',
    'sts.cn-shanghai.aliyuncs.com',
    'registry.cn-beijing.aliyuncs.com',
    'example.com',
  ])('do not have %s', (name) => {
    expect(hostsOf(example).get(name)).toBeUndefined();
  });

  it('lack the names of an endpoint that is not enabled', () => {
    const hosts = hostsOf(withInternetDisabled(example));
    expect(hosts.has('acme-registry.cn-hangzhou.cr.aliyuncs.com')).toBe(false);
    expect(hosts.has('images.acme.example')).toBe(false);
    expect(hosts.has('acme-registry-vpc.cn-hangzhou.cr.aliyuncs.com')).toBe(true);
  });
});
