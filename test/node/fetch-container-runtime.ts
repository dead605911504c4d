import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianMirrors, downloadPackage, newestPackages } from '../../image/apt.ts';
import { architectures, type Architecture } from '../../image/debian-lock.ts';
import { runProgram } from '../../image/run-program.ts';
import { runtimeDirectory, runtimeStamp } from './container-runtime.ts';

// Unpacks this Debian's own container runtime beside the other real parts. Nothing is installed.

const names = ['containerd', 'runc', 'containernetworking-plugins'];

async function thisArchitecture(): Promise<Architecture> {
  const said = (await runProgram('dpkg', ['--print-architecture'])).trim();
  const found = architectures.find((architecture) => architecture === said);
  if (found === undefined) throw new Error(`there is no node for ${said}`);
  return found;
}

rmSync(runtimeDirectory, { recursive: true, force: true });
mkdirSync(runtimeDirectory, { recursive: true });
const [packages, mirrors] = await Promise.all([
  newestPackages(await thisArchitecture(), names),
  debianMirrors(),
]);
for (const found of packages) {
  const file = join(runtimeDirectory, `${found.package}.deb`);
  await downloadPackage(found, mirrors, file);
  await runProgram('dpkg-deb', ['--extract', file, runtimeDirectory]);
  rmSync(file);
}
writeFileSync(runtimeStamp, packages.map((found) => `${found.package} ${found.version}\n`).join(''));
