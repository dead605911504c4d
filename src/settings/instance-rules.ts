import { commaList, unquoted } from './comma-list.ts';
import { quote } from './problem.ts';
import { regionToWrite } from './region-name.ts';
import { accepted, refused, type Ruling } from './ruling.ts';
import { instanceFields } from './schema.ts';
import type { Instance } from './settings.ts';

const enterpriseId = /^cri-[a-z0-9]+(-[a-z0-9]+)*$/;
const hostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/;

/** `instanceId`: the editions that an entry stands for; several ids are separated by commas. */
export function readInstanceIds(text: string): Ruling<readonly Instance['edition'][]> {
  const ids = commaList(text);
  const wrong = ids.find((id) => !enterpriseId.test(id));
  if (wrong !== undefined) return refused(`instanceId ${quote(wrong)}`, adviceOnId(wrong));
  if (ids.length === 0) return accepted([{ kind: 'personal' }]);
  return accepted(ids.map((instanceId) => ({ kind: 'enterprise', instanceId })));
}

function adviceOnId(id: string): string {
  if (enterpriseId.test(id.toLowerCase())) return `write it in lower case: ${quote(id.toLowerCase())}`;
  if (id.startsWith('crpi-')) {
    return (
      'Personal Edition instances made since 2024-09-09 have no temporary logins: remove the entry and ' +
      'give its pods a pull secret with the fixed password, or use an Enterprise instance (cri-…)'
    );
  }
  return 'write the id of an Enterprise instance as the console shows it (cri-…), or "" for Personal Edition';
}

/** `regionId`; undefined stands for the cluster's region. */
export function readRegionId(text: string): Ruling<string | undefined> {
  const region = unquoted(text);
  if (region === '') return accepted(undefined);
  const toWrite = regionToWrite(region);
  if (toWrite === undefined) return accepted(region);
  const fix = region.includes(',')
    ? 'write one region id, and an entry of its own for each further region'
    : `write ${toWrite}`;
  return refused(`regionId ${quote(region)}`, fix);
}

/** `domains`, sorted; undefined stands for every domain of the instance. */
export function readDomains(texts: readonly string[]): Ruling<readonly string[] | undefined> {
  const hosts = texts.flatMap(commaList).map((host) => host.toLowerCase());
  const wrong = hosts.find((host) => !hostName.test(host));
  if (wrong !== undefined) return refused(`domains with ${quote(wrong)}`, adviceOnHost(wrong));
  return accepted(hosts.length === 0 ? undefined : [...new Set(hosts)].toSorted());
}

function adviceOnHost(host: string): string {
  const bare = host.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
  if (hostName.test(bare)) return `write the host alone: ${quote(bare)}`;
  if (host.includes('*')) return 'list each host by its full name, or leave domains out for all of them';
  return 'write host names separated by commas, such as "a.example.com,b.example.com"';
}

/** `expireDuration`: how long the session of an assumed role lasts. */
export function readExpireDurationSeconds(text: string): Ruling<number> {
  const written = unquoted(text) || instanceFields.expireDuration.byDefault;
  const seconds = /^\d{1,9}$/.test(written) ? Number(written) : Number.NaN;
  if (seconds >= 3_600 && seconds <= 43_200) return accepted(seconds);
  return refused(`expireDuration ${quote(written)}`, 'write whole seconds from 3600 to 43200');
}
