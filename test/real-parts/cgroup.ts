import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A busy machine takes its time to end a node. */
const patienceMs = 60_000;
const pauseMs = 20;

/** Makes a cgroup (version 1) that processes can be put into. Throws where it exists or cannot be made, and leaves nothing then. */
export function createCgroup(directory: string): void {
  mkdirSync(directory);
  try {
    inheritProcessors(directory);
  } catch (thrown) {
    rmdirSync(directory);
    throw thrown;
  }
}

function inheritProcessors(directory: string): void {
  // A new one of this kind has neither processors nor memory, and takes no process.
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const inherited = join(dirname(directory), name);
    if (existsSync(inherited)) writeFileSync(join(directory, name), readFileSync(inherited));
  }
  const cloneChildren = join(directory, 'cgroup.clone_children');
  if (existsSync(join(directory, 'cpuset.cpus'))) writeFileSync(cloneChildren, '1');
}

/** Removes it and those below it. Throws where a process is still in one of them after `withinMs`, 60 s if left out. */
export async function deleteCgroup(directory: string, withinMs = patienceMs): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
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
