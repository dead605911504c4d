import type { RegistryLogin } from '../logins/registry-login.ts';
import { dockerConfigBytes } from './docker-config.ts';

/** By host: the key of the instance whose login it has. */
export type HostHolders = ReadonlyMap<string, string>;

/** Hosts that several instances claim. */
export interface HostContest {
  readonly hosts: readonly string[];
  /** Keys of instances. */
  readonly claimedBy: readonly string[];
  /** The one that had them before; undefined where none had, and none gets them. */
  readonly keptBy: string | undefined;
}

/** An instance for some or all of whose hosts there is no room in a Secret. */
export interface LeftOut {
  readonly instanceKey: string;
  /** How many. */
  readonly hosts: number;
}

export interface Settlement {
  /** What goes into the pull secrets: each host once at most, and all of it small enough for a Secret. */
  readonly logins: readonly RegistryLogin[];
  readonly holders: HostHolders;
  readonly contests: readonly HostContest[];
  readonly leftOut: readonly LeftOut[];
}

export const noHolders: HostHolders = new Map();

/**
 * A Secret's data may have 1 MiB (`MaxSecretSize` of the API server): https://kubernetes.io/docs/concepts/configuration/secret/.
 * A little less, so that a token that is renewed longer does not decide.
 */
export const largestDockerConfigBytes = 1_000_000;

/**
 * Makes one consistent set of all logins (docs/adr/0007). `former` are the holders of the settlement before.
 * What is served already never gives way to what is new.
 */
export function settleLogins(
  claims: readonly RegistryLogin[],
  email: string,
  former: HostHolders,
): Settlement {
  const claimants = Map.groupBy(
    claims.flatMap(({ instanceKey, domains }) =>
      [...new Set(domains)].map((host) => ({ host, instanceKey })),
    ),
    ({ host }) => host,
  );
  const granted = new Map<string, string>();
  const contested: (HostContest & { readonly hosts: readonly [string] })[] = [];
  for (const [host, claim] of claimants) {
    const claimedBy = claim.map(({ instanceKey }) => instanceKey);
    const holder = claimedBy.length === 1 ? claimedBy[0] : claimedBy.find((key) => key === former.get(host));
    if (holder !== undefined) granted.set(host, holder);
    if (claimedBy.length > 1) contested.push({ hosts: [host], claimedBy, keptBy: holder });
  }
  const uncontested = claims.flatMap((login) => {
    const domains = login.domains.filter((host) => granted.get(host) === login.instanceKey);
    return domains.length === 0 ? [] : [{ ...login, domains }];
  });
  const { logins, leftOut } = fitting(uncontested, email, former);
  const holders = logins.flatMap(({ instanceKey, domains }) =>
    domains.map((host) => [host, instanceKey] as const),
  );
  // Whose login is missing for a while has its hosts again when it is back.
  const unclaimed = [...former].filter(([host]) => !claimants.has(host));
  return { logins, holders: new Map([...unclaimed, ...holders]), contests: together(contested), leftOut };
}

/** As much as there is room for: what is served already, then whole logins as the configuration has them. */
function fitting(logins: readonly RegistryLogin[], email: string, former: HostHolders) {
  const fits = (some: Iterable<RegistryLogin>) =>
    dockerConfigBytes([...some], email) <= largestDockerConfigBytes;
  if (fits(logins)) return { logins, leftOut: [] };
  const served = logins.map((login) => ({
    ...login,
    domains: login.domains.filter((host) => former.get(host) === login.instanceKey),
  }));
  let chosen = new Map<string, RegistryLogin>();
  for (const login of [...served.filter(({ domains }) => domains.length > 0), ...logins]) {
    const more = new Map(chosen).set(login.instanceKey, login);
    if (fits(more.values())) chosen = more;
  }
  const leftOut = logins.flatMap(({ instanceKey, domains }) => {
    const hosts = domains.length - (chosen.get(instanceKey)?.domains.length ?? 0);
    return hosts === 0 ? [] : [{ instanceKey, hosts }];
  });
  return { logins: logins.flatMap(({ instanceKey }) => chosen.get(instanceKey) ?? []), leftOut };
}

/** The contests between the same instances as one: two that are the same in truth contest all their hosts. */
function together(contests: readonly HostContest[]): readonly HostContest[] {
  const groups = Map.groupBy(contests, ({ claimedBy, keptBy }) => JSON.stringify([claimedBy, keptBy]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, hosts: group.flatMap(({ hosts }) => hosts).toSorted() }];
  });
}
