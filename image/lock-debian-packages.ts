import { writeFileSync } from 'node:fs';
import { newestPackages } from './apt.ts';
import { architectures, debianLockFile, type DebianLock } from './debian-lock.ts';

// `make image-lock`: the newest versions that this machine's Debian mirrors have, on a machine with Debian 12.

// Node's libraries, the package that their licences are in, and what says that this is Debian.
const names = ['base-files', 'gcc-12-base', 'libc6', 'libgcc-s1', 'libstdc++6'];

const packages = await Promise.all(architectures.map((architecture) => newestPackages(architecture, names)));
const lock: DebianLock = { distribution: 'debian-12', packages: packages.flat() };
writeFileSync(debianLockFile, `${JSON.stringify(lock, null, 2)}\n`);
