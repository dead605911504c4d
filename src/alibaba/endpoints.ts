/** Which of an API's two endpoints to call: over the internet, or from inside a VPC that has no way out. */
export type EndpointNetwork = 'public' | 'vpc';

/**
 * Endpoint of the Container Registry API (Enterprise 2018-12-01 and Personal 2016-06-07 share it). Built by
 * rule, since the published endpoint lists lag behind the regions that exist.
 */
export function containerRegistryEndpoint(regionId: string, network: EndpointNetwork): URL {
  return new URL(`https://${network === 'vpc' ? 'cr-vpc' : 'cr'}.${regionId}.aliyuncs.com`);
}

/**
 * Endpoint of the Security Token Service. A session is good in every region, so over the internet the central one
 * serves; inside a VPC it is the one of the region that the VPC is in.
 */
export async function securityTokenEndpoint(
  network: EndpointNetwork,
  regionOfVpc: () => Promise<string>,
): Promise<URL> {
  if (network === 'public') return new URL('https://sts.aliyuncs.com');
  return new URL(`https://sts-vpc.${await regionOfVpc()}.aliyuncs.com`);
}
