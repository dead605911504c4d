import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { basename, join } from 'node:path';
import { runProgram } from '../../image/run-program.ts';
import { cgroupHierarchies } from './cgroup-hierarchies.ts';
import { cgroupPrefix } from './node.ts';

/** What a node could change for the whole machine. Each is sorted, so that two can be compared. */
export interface HostFingerprint {
  /** Each setting of the kernel, by its path below /proc/sys. */
  readonly settings: Readonly<Record<string, string>>;
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly links: readonly string[];
  readonly routes: string;
  /** Of a run: what is in its directory for temporary files, and processes that name it. */
  readonly leftovers: readonly string[];
}

/** The kernel's own counters, which change all the time. */
const counters =
  /^(fs\/(dentry-state|file-nr|inode-nr|inode-state|aio-nr|quota)|kernel\/(random|ns_last_pid|pty\/nr)|net\/netfilter\/nf_conntrack_count)/;

/**
 * Looks at the machine, from its own namespaces, after a run with this directory for temporary files. Nodes of other
 * runs may come and go meanwhile.
 */
export async function hostFingerprint(temporary: string): Promise<HostFingerprint> {
  return {
    settings: Object.fromEntries(settingsBelow('')),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map(withoutNumbers).toSorted(),
    cgroups: cgroupHierarchies()
      .flatMap(({ directory }) => directoriesIn(directory).map((name) => join(directory, name)))
      .filter((cgroup) => !isOfRunningNode(cgroup)),
    links: Object.keys(networkInterfaces())
      .concat(await linkNames())
      .toSorted(),
    routes: await runProgram('ip', ['route', 'show', 'table', 'all']),
    leftovers: [...readdirSync(temporary), ...processesNaming(temporary)].toSorted(),
  };
}

function settingsBelow(path: string): [string, string][] {
  return readdirSync(join('/proc/sys', path), { withFileTypes: true }).flatMap((entry) => {
    const name = join(path, entry.name);
    if (counters.test(name)) return [];
    if (entry.isDirectory()) return settingsBelow(name);
    return [[name, contentOf(join('/proc/sys', name))]];
  });
}

/** Some can only be written, or want another right than root's. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return 'unreadable';
  }
}

/** The numbers of a mount and its parent are given away again when it is gone. */
function withoutNumbers(line: string): string {
  return line.split(' ').slice(2).join(' ');
}

function directoriesIn(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function linkNames(): Promise<string[]> {
  const links = JSON.parse(await runProgram('ip', ['-json', 'link'])) as { readonly ifname: string }[];
  return links.map(({ ifname }) => ifname);
}

/** One of this run that still runs would be among the leftovers. */
function isOfRunningNode(cgroup: string): boolean {
  return basename(cgroup).startsWith(cgroupPrefix) && contentOf(join(cgroup, 'cgroup.procs')).trim() !== '';
}

function processesNaming(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter((command) => command.includes(directory));
}
