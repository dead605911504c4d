import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from '../real-parts/add-on.ts';

// As a container runtime does it: mounts of its own, a read-only root, /proc and /dev from outside, no privileges.
const script = `
  root=$1 outside=$2
  shift 2
  mkdir -p "$root/proc" "$root/dev" "$root/outside"
  mount --bind "$root" "$root"
  mount --bind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --bind "$outside" "$root/outside"
  mount -o remount,bind,ro "$root"
  exec chroot --userspec=65532:65532 "$root" "$@"
`;

/**
 * The command that runs another in an unpacked image, as the image's user and without a way to write to it. It sees the
 * directory `outside` as `/outside`.
 */
export function confined(root: string, outside: string, command: readonly string[]): Command {
  return ['/usr/bin/unshare', '--mount', '/bin/sh', '-euc', script, 'sh', root, outside, ...command];
}

/** Why nothing can be run like this here; `undefined` where it can. */
export async function whyNotConfined(): Promise<string | undefined> {
  try {
    await promisify(execFile)('/usr/bin/unshare', ['--mount', 'mount', '--bind', '/proc', '/proc']);
    return undefined;
  } catch {
    return 'skipped: only root may give a program a root file system of its own';
  }
}
