import type { InstanceDomain } from '../alibaba/container-registry.ts';

const personalPrefixes = [
  'registry',
  'registry-vpc',
  'registry-internal',
  'registry-intl',
  'registry-intl-vpc',
];

/**
 * Hosts of Personal Edition in a region, by rule: the API has no list of them. All forms are given for every
 * region, since which regions have the `-intl` ones is not published; a host that does not exist costs a line.
 */
export function personalDomains(regionId: string): readonly string[] {
  return personalPrefixes.map((prefix) => `${prefix}.${regionId}.aliyuncs.com`).toSorted();
}

const systemDomain = /^(?<name>.+)-registry(?:-vpc)?\.(?<region>[^.]+)\.cr\.aliyuncs\.com$/;

/**
 * Hosts of an Enterprise instance: what ListInstanceEndpoint returns (it knows the internet and VPC ones, and
 * custom domains) plus the internal one, which it leaves out and whose name follows from theirs.
 */
export function enterpriseDomains(listed: readonly InstanceDomain[]): readonly string[] {
  const internal = listed.flatMap(({ domain, type }) => {
    const { name, region } = (type === 'SYSTEM' && systemDomain.exec(domain)?.groups) || {};
    return name && region ? [`${name}-registry-internal.${region}.cr.aliyuncs.com`] : [];
  });
  return [...new Set([...listed.map(({ domain }) => domain), ...internal])].toSorted();
}
