import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runProgram } from '../../image/run-program.ts';
import { guardianOf } from '../real-parts/leftovers.ts';
import { cgroupHierarchies } from './cgroup-hierarchies.ts';
import { ownDirectories } from './mounts.ts';

/** What a node could change for the whole machine. Each is sorted, so that two can be compared. */
export interface HostFingerprint {
  /** Each setting of the kernel, by its path below /proc/sys. */
  readonly settings: Readonly<Record<string, string>>;
  readonly mounts: readonly string[];
  /** Without those of nodes. */
  readonly cgroups: readonly string[];
  readonly links: readonly string[];
  readonly routes: string;
  /** What is in the directories that a node has of its own, and in that for temporary files without a guardian's name. */
  readonly files: readonly string[];
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
      .filter((cgroup) => guardianOf(basename(cgroup)) === undefined),
    links: (await linkNames()).toSorted(),
    routes: await runProgram('ip', ['route', 'show', 'table', 'all']),
    files: [
      ...ownDirectories.flatMap(filesIn),
      ...filesIn(tmpdir()).filter(isOursWithoutGuardian),
    ].toSorted(),
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

function filesIn(directory: string): string[] {
  return readdirSync(directory).map((name) => join(directory, name));
}

function isOursWithoutGuardian(file: string): boolean {
  return basename(file).startsWith('acr-') && guardianOf(basename(file)) === undefined;
}

async function linkNames(): Promise<string[]> {
  const links = JSON.parse(await runProgram('ip', ['-json', 'link'])) as { readonly ifname: string }[];
  return links.map(({ ifname }) => ifname);
}

function processesNaming(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter((command) => command.includes(directory));
}
