import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCgroup, deleteCgroup } from './cgroup.ts';
import { makeDirectory, removeDirectory } from './guardian.ts';

// On plain directories: a kernel with cgroup version 1 has its part in test/node.

let directory: string;

beforeAll(async () => {
  directory = await makeDirectory('acr-cgroup-test-');
});

afterAll(() => removeDirectory(directory));

test('a cgroup that cannot be set up is not left behind', () => {
  const hierarchy = join(directory, 'cpuset');
  mkdirSync(join(hierarchy, 'cpuset.cpus'), { recursive: true });
  expect(() => createCgroup(join(hierarchy, 'node'))).toThrow('EISDIR');
  expect(existsSync(join(hierarchy, 'node'))).toBe(false);
});

test('a cgroup is deleted with those below it', async () => {
  const cgroup = join(directory, 'memory');
  mkdirSync(join(cgroup, 'pods', 'pod-1'), { recursive: true });
  await deleteCgroup(cgroup);
  expect(existsSync(cgroup)).toBe(false);
});

test('a cgroup that stays in use is an error after the time that was given, and stays', async () => {
  const cgroup = join(directory, 'pids');
  mkdirSync(cgroup);
  writeFileSync(join(cgroup, 'in use'), '');
  await expect(deleteCgroup(cgroup, 50)).rejects.toThrow('ENOTEMPTY');
  expect(existsSync(cgroup)).toBe(true);
});
