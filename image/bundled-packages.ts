import type { Metafile } from 'esbuild';

const packageFolder = /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/;

/** Folders of the npm packages of which something is left in the bundle, sorted, each once. */
export function packageDirectories(metafile: Pick<Metafile, 'outputs'>): string[] {
  const used = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([file]) => packageFolder.exec(file)?.[0] ?? []);
  return [...new Set(used)].toSorted();
}

/** A package whose code is in the bundle, as the lock file has it. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** Of its tarball, such as `sha512-…` (Subresource Integrity). */
  readonly integrity: string;
  /** An SPDX expression, where the package states one. */
  readonly license?: string;
}

/** The part of package-lock.json that is read here. */
export interface PackageLock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly integrity?: string; readonly license?: string }>
  >;
}

/** Looks each folder up in the lock file. Throws where the lock file does not say what is in it. */
export function bundledPackages(directories: readonly string[], lock: PackageLock): BundledPackage[] {
  return directories.map((directory) => {
    const { version, integrity, license } = lock.packages[directory] ?? {};
    if (version === undefined || integrity === undefined) {
      throw new Error(`package-lock.json does not say which version ${directory} is`);
    }
    const name = directory.slice(directory.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return { name, version, integrity, ...(license === undefined ? {} : { license }) };
  });
}
