import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BootPlan } from './boot-plan.ts';
import { runInNode } from './run-in-node.ts';

type Directories = Pick<BootPlan, 'directory' | 'hierarchies' | 'hostName'>;

/** What a node has of its own, with nothing of the machine's in it. */
export const ownDirectories = ['/run', '/var/lib', '/var/log'] as const;

/**
 * What a kubelet wants to find. As root it would set them for the whole machine, since the kernel has no namespaces
 * for them; it is shown files that say so already.
 */
const wantedByKubelet = {
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
};

/** Gives the node file systems of its own wherever it would write, all of which vanish with its mount namespace. */
export function setUpMounts({ directory, hierarchies, hostName }: Directories): void {
  writeFileSync('/proc/sys/kernel/hostname', hostName);
  setUpSys(hierarchies);
  for (const own of ownDirectories) {
    if (own === '/run') mount('-t', 'tmpfs', 'tmpfs', own);
    else bind(makeDirectory(join(directory, own.slice(1).replace('/', '-'))), own);
  }
  for (const name of ['/var/lib/kubelet', '/var/log/pods', '/var/log/containers']) makeDirectory(name);
  protectKernelSettings(makeDirectory(join(directory, 'settings')));
  mount('--make-rshared', '/');
}

/** A fresh view of them, in which the node's cgroups are the topmost and its links the only ones. */
function setUpSys(hierarchies: BootPlan['hierarchies']): void {
  runInNode('umount', '--recursive', '--lazy', '/sys');
  mount('-t', 'sysfs', 'sysfs', '/sys');
  mount('-t', 'tmpfs', 'cgroup', '/sys/fs/cgroup');
  for (const { name, mountOptions } of hierarchies) {
    mount('-t', 'cgroup', '-o', mountOptions, 'cgroup', makeDirectory(`/sys/fs/cgroup/${name}`));
  }
}

/** Only the network's settings stay writable: they are those of the node's network namespace. */
function protectKernelSettings(directory: string): void {
  bind('/proc/sys', '/proc/sys');
  mount('-o', 'remount,bind,ro', '/proc/sys');
  bind('/proc/sys/net', '/proc/sys/net');
  mount('-o', 'remount,bind,rw', '/proc/sys/net');
  for (const [name, value] of Object.entries(wantedByKubelet)) {
    const setting = join('/proc/sys', name);
    if (!existsSync(setting) || readFileSync(setting, 'utf8').trim() === value) continue;
    const pretence = join(directory, name.replaceAll('/', '.'));
    writeFileSync(pretence, `${value}\n`);
    bind(pretence, setting);
  }
}

function bind(source: string, target: string): void {
  mount('--bind', source, target);
}

function mount(...options: string[]): void {
  runInNode('mount', ...options);
}

function makeDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true });
  return directory;
}
