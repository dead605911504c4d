import { join } from 'node:path';
import type { CgroupHierarchy } from './cgroup-hierarchies.ts';

/** One cgroup of that name in each hierarchy. */
export function cgroupsNamed(name: string, hierarchies: readonly CgroupHierarchy[]): string[] {
  return hierarchies.map(({ directory }) => join(directory, name));
}

/**
 * The command that runs another one in namespaces of its own, which end with it. It enters the cgroups first, so that
 * they become the topmost ones there.
 */
export function apart(
  cgroups: readonly string[],
  command: readonly string[],
): { readonly file: string; readonly options: readonly string[] } {
  const intoCgroups =
    'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"';
  const inNamespaces =
    'unshare --mount --net --pid --uts --ipc --cgroup --propagation private --fork --kill-child --mount-proc';
  return {
    file: '/bin/sh',
    options: ['-c', intoCgroups, 'sh', ...cgroups, '--', ...inNamespaces.split(' '), ...command],
  };
}
