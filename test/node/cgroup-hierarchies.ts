import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** One of the kernel's cgroup hierarchies (version 1), as it is mounted on this machine. */
export interface CgroupHierarchy {
  /** Such as `cpu,cpuacct`. */
  readonly name: string;
  readonly directory: string;
  /** What to mount the same hierarchy with elsewhere. */
  readonly mountOptions: string;
}

/** What a kubelet or runc asks of the kernel. */
const needed = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'name=systemd'];

/** Those of this machine; empty where there is only version 2. */
export function cgroupHierarchies(mounts: string = readFileSync('/proc/mounts', 'utf8')): CgroupHierarchy[] {
  return mounts.split('\n').flatMap((line) => {
    const [, directory = '', type, options = ''] = line.split(' ');
    if (type !== 'cgroup') return [];
    const subsystems = options.split(',').filter((option) => needed.includes(option));
    if (subsystems.length === 0) return [];
    const isNamed = subsystems.includes('name=systemd');
    return [
      {
        name: basename(directory),
        directory,
        mountOptions: (isNamed ? ['none', ...subsystems] : subsystems).join(','),
      },
    ];
  });
}

/** What a node needs and is not there. */
export function missingHierarchies(hierarchies: readonly CgroupHierarchy[]): string[] {
  const found = new Set(hierarchies.flatMap(({ mountOptions }) => mountOptions.split(',')));
  return needed.filter((name) => !found.has(name));
}
