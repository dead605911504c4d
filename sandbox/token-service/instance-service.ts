import type { Instance, World } from '../world/world.ts';

/** What a registry calls itself in its challenge, and a client repeats to the token service. */
export function serviceOf({ regionId, ...instance }: Instance): string {
  switch (instance.edition) {
    case 'enterprise':
      return `registry.aliyuncs.com:${regionId}:china:${instance.id}`;
    case 'personal':
      return `registry.aliyuncs.com:${regionId}:26842`;
  }
}

export function instanceOfService(world: World, service: string): Instance | undefined {
  return world.instances.find((instance) => serviceOf(instance) === service);
}

/** Where a registry sends its clients for a bearer token. */
export function realmOf(instance: Instance): string {
  return `https://${tokenServiceHosts(instance)[0]}/auth`;
}

/**
 * Whether the token service at this host speaks for the instance. Whether the cloud's own would speak for
 * another region's or edition's is unknown; this one does not.
 */
export function isServedAt(instance: Instance, hostName: string): boolean {
  return tokenServiceHosts(instance).includes(hostName);
}

function tokenServiceHosts({ edition, regionId }: Instance): readonly [string, string] {
  const name = edition === 'enterprise' ? 'dockerauth-ee' : 'dockerauth';
  return [`${name}.${regionId}.aliyuncs.com`, `${name}-vpc.${regionId}.aliyuncs.com`];
}
