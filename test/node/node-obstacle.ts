import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { programFile } from '../real-parts/program-file.ts';
import { canTether } from '../real-parts/tether.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { cgroupHierarchies, missingHierarchies } from './cgroup-hierarchies.ts';
import { runtimeDirectory, runtimeParts, runtimeStamp } from './container-runtime.ts';
import { ownDirectories } from './mounts.ts';
import { probeNode } from './node-probe.ts';

/** Why no node can run on this machine; `undefined` when one can. Throws where that is not told in time. */
export async function nodeObstacle(): Promise<string | undefined> {
  return missingOfTheMachine() ?? missingProgram() ?? hiddenPlace() ?? (await probeNode(cgroupHierarchies()));
}

function missingOfTheMachine(): string | undefined {
  if (noControlOfCluster !== undefined) return noControlOfCluster;
  if (process.platform !== 'linux') return 'a node needs Linux';
  if (process.getuid?.() !== 0) return 'only root can start a node';
  const missing = missingHierarchies(cgroupHierarchies());
  if (missing.length > 0) return `a node needs cgroup version 1; not mounted: ${missing.join(', ')}`;
  if (!existsSync(runtimeStamp)) return 'Debian’s container runtime could not be fetched';
  if (!canTether()) return 'setpriv (util-linux) with --pdeathsig is missing';
  return undefined;
}

function missingProgram(): string | undefined {
  return failureOf(
    [runtimeParts.runc, '--version'],
    [runtimeParts.containerd, '--version'],
    [programFile('kubelet'), '--version'],
    ['unshare', '--version'],
    ['/usr/bin/nsenter', '--version'],
    ['ip', '-Version'],
  );
}

function failureOf(...commands: readonly (readonly string[])[]): string | undefined {
  for (const [file = '', ...options] of commands) {
    const { error, status, stderr } = spawnSync(file, options, { encoding: 'utf8', timeout: 60_000 });
    // A machine that is only busy is no reason to skip anything.
    if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') throw error;
    if (status !== 0) return `${file} does not run here: ${error?.message ?? stderr.trim()}`;
  }
  return undefined;
}

/** What the node would not see any more once it has file systems of its own. */
function hiddenPlace(): string | undefined {
  const checkout = fileURLToPath(new URL('../..', import.meta.url));
  for (const place of [tmpdir(), checkout, runtimeDirectory, programFile('kubelet'), process.execPath]) {
    const path = realpathSync(place);
    const hiding = ownDirectories.find((directory) => `${path}/`.startsWith(`${realpathSync(directory)}/`));
    if (hiding !== undefined) return `${path} is not seen by a node, which has a ${hiding} of its own`;
  }
  return undefined;
}
