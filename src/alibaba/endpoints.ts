/** Which of an API's two endpoints to call: over the internet, or from inside a VPC that has no way out. */
export type EndpointNetwork = 'public' | 'vpc';

/**
 * Endpoint of the Container Registry API (Enterprise 2018-12-01 and Personal 2016-06-07 share it). Built by
 * rule, since the published endpoint lists lag behind the regions that exist.
 */
export function containerRegistryEndpoint(regionId: string, network: EndpointNetwork): URL {
  return new URL(`https://${network === 'vpc' ? 'cr-vpc' : 'cr'}.${regionId}.aliyuncs.com`);
}
