import { basename, join } from 'node:path';
import {
  makeCgroup,
  makeDirectory,
  removeCgroup,
  removeDirectory,
  startProgram,
} from '../real-parts/guardian.ts';
import { apart, cgroupsNamed } from './apart.ts';
import type { CgroupHierarchy } from './cgroup-hierarchies.ts';

const patienceMs = 60_000;

/**
 * Tries what a node does to the kernel and root may be denied, such as in a container, and undoes it. Returns what does
 * not work, with what the kernel says of it. Throws where it takes too long.
 */
export async function probeNode(hierarchies: readonly CgroupHierarchy[]): Promise<string | undefined> {
  const directory = await makeDirectory('acr-probe-');
  const cgroups = cgroupsNamed(basename(directory), hierarchies);
  try {
    return (await makeAll(cgroups)) ?? (await tryApart(directory, cgroups, hierarchies));
  } finally {
    await Promise.all(cgroups.map(removeCgroup));
    await removeDirectory(directory);
  }
}

async function makeAll(cgroups: readonly string[]): Promise<string | undefined> {
  try {
    for (const cgroup of cgroups) await makeCgroup(cgroup);
    return undefined;
  } catch (thrown) {
    return `no cgroup can be made: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

async function tryApart(
  directory: string,
  cgroups: readonly string[],
  hierarchies: readonly CgroupHierarchy[],
): Promise<string | undefined> {
  const steps = stepsWith(hierarchies);
  const script = steps.map(([, command], index) => `${command} || exit ${index + firstExitCode}`).join('\n');
  const program = await startProgram({
    ...apart(cgroups, ['/bin/sh', '-c', script, directory]),
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    logFile: join(directory, 'probe.log'),
  });
  const { exitCode, signal } = await program.finish(patienceMs);
  const said = program.output().trim().replaceAll(/\s+/g, ' ');
  if (exitCode === 0) return undefined;
  if (exitCode === null) throw new Error(`whether a node can run here was not told: ${signal} ${said}`);
  const [what] = steps[exitCode - firstExitCode] ?? ['no cgroups or namespaces can be entered'];
  return `${what}: ${said}`;
}

/** Those before belong to the shell and `unshare`. */
const firstExitCode = 10;

/** What is missing where the command fails; `$0` is a directory on the disk that the node would have. */
function stepsWith(hierarchies: readonly CgroupHierarchy[]): (readonly [what: string, command: string])[] {
  return [
    ['no bridge can be made (CAP_NET_ADMIN)', 'ip link add node0 type bridge'],
    [
      'no overlay file system can be mounted in the directory for temporary files (TMPDIR)',
      'cd "$0" && mkdir lower upper work merged && ' +
        'mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged',
    ],
    ['sysfs cannot be mounted', 'umount --recursive --lazy /sys && mount -t sysfs sysfs /sys'],
    ['tmpfs cannot be mounted', 'mount -t tmpfs cgroup /sys/fs/cgroup'],
    ...hierarchies.map(
      ({ name, mountOptions }) =>
        [
          `the cgroup hierarchy ${name} cannot be mounted`,
          `mkdir '/sys/fs/cgroup/${name}' && mount -t cgroup -o '${mountOptions}' cgroup '/sys/fs/cgroup/${name}'`,
        ] as const,
    ),
    [
      'kernel settings cannot be made read-only',
      'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys',
    ],
  ];
}
