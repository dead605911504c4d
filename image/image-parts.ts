import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { debianMirrors, downloadPackage } from './apt.ts';
import { writeBundle } from './bundle.ts';
import { bundledPackages, type BundledPackage, type PackageLock } from './bundled-packages.ts';
import { architectures, readDebianLock, type Architecture, type LockedPackage } from './debian-lock.ts';
import { hashOf } from './file-hash.ts';
import { fetchNode, type NodeTarball } from './node-tarball.ts';
import { runProgram } from './run-program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const downloads = join(root, '.cache/downloads');

export interface PlatformParts {
  readonly architecture: Architecture;
  readonly node: NodeTarball;
  readonly debian: readonly (LockedPackage & { readonly file: string })[];
}

/** What an image is put together from, as `tools/image` reads it. */
export interface ImageParts {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  /** The commit. */
  readonly revision: string;
  /** Its time, by RFC 3339. */
  readonly created: string;
  readonly programFile: string;
  readonly noticesFile: string;
  readonly packages: readonly BundledPackage[];
  /** Of the Debian packages, as package URLs name it. */
  readonly distribution: string;
  readonly platforms: readonly PlatformParts[];
}

/**
 * Bundles the checked-out commit into a directory, and downloads what is not here yet. Throws where a download is not
 * what a lock file says.
 */
export async function gatherParts(directory: string): Promise<ImageParts> {
  const { packageDirectories, ...files } = await writeBundle(directory);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as PackageLock;
  const debian = readDebianLock();
  mkdirSync(downloads, { recursive: true });
  const packages = await fetchPackages(debian.packages);
  const platforms = await Promise.all(
    architectures.map(async (architecture) => ({
      architecture,
      node: await fetchNode(architecture, lock, downloads),
      debian: packages.filter((locked) => locked.architecture === architecture),
    })),
  );
  const { name, version, description, license } = packageJson;
  return {
    name,
    version,
    description,
    license,
    ...(await checkedOutCommit()),
    ...files,
    packages: bundledPackages(packageDirectories, lock),
    distribution: debian.distribution,
    platforms,
  };
}

async function fetchPackages(packages: readonly LockedPackage[]): Promise<PlatformParts['debian']> {
  const mirrors = await debianMirrors();
  return await Promise.all(
    packages.map(async (locked) => {
      const file = join(downloads, `${locked.sha256}.deb`);
      if ((await hashOf(file, 'sha256', 'hex')) !== locked.sha256) {
        await downloadPackage(locked, mirrors, file);
      }
      return { ...locked, file };
    }),
  );
}

/** `SOURCE_DATE_EPOCH` gives another date (reproducible-builds.org). */
async function checkedOutCommit(): Promise<{ readonly revision: string; readonly created: string }> {
  const said = await runProgram('git', ['log', '-1', '--format=%H %ct'], root);
  const [revision = '', committedAt] = said.trim().split(' ');
  const seconds = Number(process.env['SOURCE_DATE_EPOCH'] ?? committedAt);
  return { revision, created: new Date(seconds * 1000).toISOString() };
}
