import type { EnterpriseInstance } from '../world/world.ts';

export type EndpointType = 'internet' | 'vpc';

export interface InstanceDomain {
  readonly domain: string;
  /** `SYSTEM` is given by the service, `USER` is a custom domain. */
  readonly type: 'SYSTEM' | 'USER';
}

const suffixes = { internet: '', vpc: '-vpc' } as const;

/** The domains of an instance's endpoint, whether it is enabled or not. */
export function domainsOf(
  instance: EnterpriseInstance,
  endpointType: EndpointType,
): readonly InstanceDomain[] {
  const system = `${instance.name}-registry${suffixes[endpointType]}.${instance.regionId}.cr.aliyuncs.com`;
  const custom = instance.endpoints[endpointType].customDomains;
  return [
    { domain: system, type: 'SYSTEM' },
    ...custom.map((domain): InstanceDomain => ({ domain, type: 'USER' })),
  ];
}

/** The third domain of an instance, which no API call lists. */
export function internalDomainOf(instance: EnterpriseInstance): string {
  return `${instance.name}-registry-internal.${instance.regionId}.cr.aliyuncs.com`;
}
