import { spawnSync } from 'node:child_process';

/** util-linux's. Others of that name do not know the option. */
const [file, ...options] = ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] as const;

let works: boolean | undefined;

/** Whether this machine can have the kernel end a program together with the one that started it. */
export function canTether(): boolean {
  works ??= spawnSync(file, [...options, '/bin/true'], { timeout: 60_000 }).status === 0;
  return works;
}

/** The command that does the same, but is killed when the process that starts it ends; as it is where that is not possible. */
export function tethered(program: string, programOptions: readonly string[]): [string, string[]] {
  if (!canTether()) return [program, [...programOptions]];
  return [file, [...options, program, ...programOptions]];
}
