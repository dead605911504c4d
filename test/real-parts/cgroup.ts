import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const patienceMs = 10_000;
const pauseMs = 20;

/** Makes a cgroup (version 1) that processes can be put into. Throws where it exists. */
export function createCgroup(directory: string): void {
  mkdirSync(directory);
  // A new one of this kind has neither processors nor memory, and takes no process.
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const inherited = join(dirname(directory), name);
    if (existsSync(inherited)) writeFileSync(join(directory, name), readFileSync(inherited));
  }
  const cloneChildren = join(directory, 'cgroup.clone_children');
  if (existsSync(join(directory, 'cpuset.cpus'))) writeFileSync(cloneChildren, '1');
}

/** Removes it and those below it. Throws where a process is still in one of them after 10 s. */
export async function deleteCgroup(directory: string): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      removeEmptyCgroups(directory);
      return;
    } catch (thrown) {
      if (performance.now() > giveUpAt) throw thrown;
      await delay(pauseMs);
    }
  }
}

/** Deepest first: the kernel's files in them cannot be deleted, and go with them. */
function removeEmptyCgroups(directory: string): void {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyCgroups(join(directory, entry.name));
  }
  rmdirSync(directory);
}
