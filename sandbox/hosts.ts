import { domainsOf, internalDomainOf } from './container-registry/instance-domains.ts';
import { regionsOf, type EnterpriseInstance, type Instance, type World } from './world/world.ts';

/** Who answers at a host name of the cloud. */
export type Host =
  | { readonly kind: 'container-registry'; readonly regionId: string }
  | { readonly kind: 'sts' }
  | {
      readonly kind: 'token-service';
      readonly edition: Instance['edition'];
      readonly regionId: string;
    }
  | { readonly kind: 'registry'; readonly instance: Instance }
  | { readonly kind: 'metadata' };

/** The same address in every VPC. Source: ECS documentation, "Instance metadata". */
const metadataAddress = '100.100.100.200';

/**
 * All host names of a world, in lower case. A name that is not there does not resolve: regions that are not in
 * the world, and endpoints that an instance does not have enabled.
 */
export function hostsOf(world: World): ReadonlyMap<string, Host> {
  return new Map<string, Host>([
    ...(world.ecs === undefined ? [] : [[metadataAddress, { kind: 'metadata' }] as const]),
    ['sts.aliyuncs.com', { kind: 'sts' }],
    ...[...regionsOf(world)].flatMap(regionHosts),
    ...world.instances.flatMap((instance) =>
      registryNames(instance).map((name) => [name, { kind: 'registry', instance }] as const),
    ),
  ]);
}

function regionHosts(regionId: string): readonly (readonly [string, Host])[] {
  const containerRegistry: Host = { kind: 'container-registry', regionId };
  const enterprise: Host = { kind: 'token-service', edition: 'enterprise', regionId };
  const personal: Host = { kind: 'token-service', edition: 'personal', regionId };
  return ['', '-vpc'].flatMap((network) => [
    [`cr${network}.${regionId}.aliyuncs.com`, containerRegistry] as const,
    [`sts${network}.${regionId}.aliyuncs.com`, { kind: 'sts' }] as const,
    [`dockerauth-ee${network}.${regionId}.aliyuncs.com`, enterprise] as const,
    [`dockerauth${network}.${regionId}.aliyuncs.com`, personal] as const,
  ]);
}

function registryNames(instance: Instance): readonly string[] {
  switch (instance.edition) {
    case 'enterprise':
      return enterpriseNames(instance);
    case 'personal':
      return ['', '-vpc', '-internal'].map(
        (network) => `registry${network}.${instance.regionId}.aliyuncs.com`,
      );
  }
}

/** On what the internal name depends is unknown; it is there with the VPC endpoint. */
function enterpriseNames(instance: EnterpriseInstance): readonly string[] {
  const { internet, vpc } = instance.endpoints;
  const names = (type: 'internet' | 'vpc'): readonly string[] =>
    domainsOf(instance, type).map((one) => one.domain);
  return [
    ...(internet.enabled ? names('internet') : []),
    ...(vpc.enabled ? [...names('vpc'), internalDomainOf(instance)] : []),
  ];
}
