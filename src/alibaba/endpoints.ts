/** Which of an API's two endpoints to call: over the internet, or from inside a VPC that has no way out. */
export type EndpointNetwork = 'public' | 'vpc';

/** A host, perhaps with a port, as somebody wrote it; `{region}` in it stands for a region's id. */
export type WrittenEndpoint = string;

const placeholder = '{region}';

/**
 * Endpoint of the Container Registry API (Enterprise 2018-12-01 and Personal 2016-06-07 share it). Built by
 * rule, since the published endpoint lists lag behind the regions that exist.
 */
export function containerRegistryEndpoint(regionId: string, network: EndpointNetwork): URL {
  return new URL(`https://${network === 'vpc' ? 'cr-vpc' : 'cr'}.${regionId}.aliyuncs.com`);
}

/** Of STS where no region is known. There is none inside VPCs. */
export const centralSecurityTokenEndpoint = new URL('https://sts.aliyuncs.com');

/** This region is served by another's STS. Source: the endpoint rule of aliyun/ack-ram-tool. */
const securityTokenRegions: Readonly<Record<string, string>> = { 'cn-hangzhou-finance': 'cn-hangzhou' };

/** These regions have no STS of their own on the internet. Source: the endpoint map of the official STS SDKs (2015-04-01). */
const centralOverInternet: ReadonlySet<string> = new Set([
  'cn-beijing-finance-1',
  'cn-beijing-gov-1',
  'cn-edge-1',
  'cn-fujian',
  'cn-wuhan',
]);

/** STS has but one endpoint in these regions. Source: the same map. */
const vpcEndpointOnly: ReadonlySet<string> = new Set(['cn-north-2-gov-1', 'cn-shenzhen-finance-1']);

/** Endpoint of the Security Token Service (2015-04-01) in a region. A session of any is good in all of them. */
export function securityTokenEndpoint(regionId: string, network: EndpointNetwork): URL {
  if (network === 'public' && centralOverInternet.has(regionId)) return centralSecurityTokenEndpoint;
  const servedBy = securityTokenRegions[regionId] ?? regionId;
  const service = network === 'vpc' || vpcEndpointOnly.has(regionId) ? 'sts-vpc' : 'sts';
  return new URL(`https://${service}.${servedBy}.aliyuncs.com`);
}

/**
 * Takes `host`, `host:port` and both with `https://` before them; `{region}` may stand in the host. Undefined
 * for anything else: a path would be lost, and over plain HTTP a session could be read on its way.
 */
export function writtenEndpoint(text: string): WrittenEndpoint | undefined {
  const host = text
    .trim()
    .replace(/^https:\/\//i, '')
    .replace(/\/$/, '');
  const filledIn = host.replaceAll(placeholder, 'cn-hangzhou');
  if (!/^[a-z0-9.-]+(:\d{1,5})?$/i.test(filledIn)) return undefined;
  return URL.canParse(`https://${filledIn}`) ? host : undefined;
}

export function namesRegion(endpoint: WrittenEndpoint): boolean {
  return endpoint.includes(placeholder);
}

/** Where a written endpoint leads for a region. */
export function endpointIn(endpoint: WrittenEndpoint, regionId: string): URL {
  return new URL(`https://${endpoint.replaceAll(placeholder, regionId)}`);
}
