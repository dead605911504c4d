import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { programFile } from '../real-parts/program-file.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { cgroupHierarchies, missingHierarchies } from './cgroup-hierarchies.ts';
import { runtimeParts, runtimeStamp } from './container-runtime.ts';

/** Why no node can run on this machine; `undefined` when one can. */
export function nodeObstacle(): string | undefined {
  if (noControlOfCluster !== undefined) return noControlOfCluster;
  if (process.platform !== 'linux') return 'a node needs Linux';
  if (process.getuid?.() !== 0) return 'only root can start a node';
  const missing = missingHierarchies(cgroupHierarchies());
  if (missing.length > 0) return `a node needs cgroup version 1; not mounted: ${missing.join(', ')}`;
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\toverlay')) return 'no overlay file system here';
  if (!existsSync(runtimeStamp)) return 'Debian’s container runtime could not be fetched';
  return failureOf(
    [runtimeParts.runc, '--version'],
    [runtimeParts.containerd, '--version'],
    [programFile('kubelet'), '--version'],
    // The namespaces themselves, which a container of this machine may be denied.
    ['unshare', '--mount', '--net', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--mount-proc', 'true'],
    ['/usr/bin/nsenter', '--version'],
    ['setpriv', '--version'],
    ['ip', '-Version'],
  );
}

function failureOf(...commands: readonly (readonly string[])[]): string | undefined {
  for (const [file = '', ...options] of commands) {
    const { error, status, stderr } = spawnSync(file, options, { encoding: 'utf8', timeout: 20_000 });
    if (status !== 0) return `${file} does not run here: ${error?.message ?? stderr.trim()}`;
  }
  return undefined;
}
