import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The architectures there are images for, as Debian, Go and OCI call them. */
export const architectures = ['amd64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** A Debian package that something of goes into the image. */
export interface LockedPackage {
  readonly package: string;
  readonly version: string;
  readonly architecture: Architecture;
  /** Where a Debian mirror has it, from the mirror's root. */
  readonly path: string;
  readonly sha256: string;
}

export interface DebianLock {
  /** As package URLs name it, such as `debian-12`. */
  readonly distribution: string;
  readonly packages: readonly LockedPackage[];
}

export const debianLockFile = fileURLToPath(new URL('debian-packages.json', import.meta.url));

export function readDebianLock(): DebianLock {
  return JSON.parse(readFileSync(debianLockFile, 'utf8')) as DebianLock;
}
