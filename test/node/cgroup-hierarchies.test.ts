import { expect, it } from 'vitest';
import { cgroupHierarchies, missingHierarchies } from './cgroup-hierarchies.ts';

const eachByItself = ['cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'].map(
  (name) => `cgroup /sys/fs/cgroup/${name} cgroup rw,relatime,${name} 0 0`,
);
const systemd = 'cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,xattr,name=systemd 0 0';
const together = 'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0';

it('a hierarchy of two controllers is one, to be mounted with both', () => {
  expect(cgroupHierarchies(`proc /proc proc rw 0 0\n${together}\n`)).toEqual([
    { name: 'cpu,cpuacct', directory: '/sys/fs/cgroup/cpu,cpuacct', mountOptions: 'cpu,cpuacct' },
  ]);
});

it('the one of systemd has no controller, and is mounted by its name', () => {
  expect(cgroupHierarchies(systemd)).toEqual([
    { name: 'systemd', directory: '/sys/fs/cgroup/systemd', mountOptions: 'none,name=systemd' },
  ]);
});

it('nothing is missing where all that a node needs are mounted, be it together', () => {
  const mounts = [...eachByItself, together, systemd].join('\n');
  expect(missingHierarchies(cgroupHierarchies(mounts))).toEqual([]);
});

it('one that no node needs is left alone', () => {
  const mounts = 'cgroup /sys/fs/cgroup/net_cls,net_prio cgroup rw,relatime,net_cls,net_prio 0 0';
  expect(cgroupHierarchies(mounts)).toEqual([]);
});

it('with version 2 alone everything is missing', () => {
  const hierarchies = cgroupHierarchies('cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev 0 0');
  expect(hierarchies).toEqual([]);
  expect(missingHierarchies(hierarchies)).toHaveLength(9);
});
