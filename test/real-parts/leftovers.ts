import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the names of a guardian's directories and cgroups begin with, before its pid. */
export type GuardedPrefix = `acr-${string}-`;

const guardedName = /^acr-[a-z-]+-(\d+)-[A-Za-z0-9]{6}$/;

/** The pid of the guardian that a name belongs to; undefined where it is none of a guardian's. */
export function guardianOf(name: string): number | undefined {
  const pid = guardedName.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** What guardians that are no more have left in a directory, as paths. */
export function leftoversIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => {
      const pid = guardianOf(name);
      return pid !== undefined && !isRunning(pid);
    })
    .map((name) => join(directory, name));
}

/**
 * Whether a process with that pid runs, of whomever it may be. One that has ended and that its parent has not noticed yet,
 * which may take its time on a busy machine, does not.
 */
export function isRunning(pid: number): boolean {
  if (existsSync('/proc/self/stat')) {
    const state = stateOf(pid);
    return state !== undefined && state !== 'Z';
  }
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}

/** By proc(5), the letter after the program's name, which may hold spaces and parentheses of its own. */
function stateOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.charAt(0);
  } catch {
    return undefined;
  }
}
