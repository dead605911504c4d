import { readdirSync } from 'node:fs';
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

/** Whether there is a process with that pid, of whomever it may be. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}
