import { isDeepStrictEqual } from 'node:util';
import type { Instance } from '../settings/settings.ts';
import type { RegistryLogin } from './registry-login.ts';

/** An instance, and its login where it has one. */
interface Owner {
  readonly instance: Instance;
  readonly login: RegistryLogin | undefined;
}

/**
 * A changed region gives an entry another key. So an entry without a login inherits that of an entry that is
 * gone, where both are about the same instance: each login goes to one entry, and first to those that will
 * have the same hosts.
 */
export function heirsOf<T extends Owner>(gone: readonly T[], entries: readonly T[]): Map<T, T> {
  const pairs = gone.flatMap((former) =>
    entries
      .filter(({ instance }) => isDeepStrictEqual(instance.edition, former.instance.edition))
      .map((heir) => ({ former, heir, fit: fitOf(heir.instance, former.login) })),
  );
  const heirs = new Map<T, T>();
  const taken = new Set<T>();
  for (const { former, heir } of pairs.toSorted((a, b) => b.fit - a.fit)) {
    if (former.login === undefined || heir.login !== undefined) continue;
    if (heirs.has(former) || taken.has(heir)) continue;
    heirs.set(former, heir);
    taken.add(heir);
  }
  return heirs;
}

/** 2: the entry is for hosts of the login; 0: for others; 1: that shows only when it has a login of its own. */
function fitOf({ regionId, domains }: Instance, login: RegistryLogin | undefined): number {
  const hosts = login?.domains ?? [];
  if (domains !== undefined) return domains.some((host) => hosts.includes(host)) ? 2 : 0;
  if (regionId === undefined) return 1;
  return hosts.some((host) => host.includes(`.${regionId}.`)) ? 2 : 0;
}
