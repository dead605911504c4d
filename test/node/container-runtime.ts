import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Debian's packages are unpacked. */
export const runtimeDirectory = fileURLToPath(new URL('../../.cache/container-runtime', import.meta.url));
/** Names the packages and their versions once all of them are there. */
export const runtimeStamp = join(runtimeDirectory, '.installed');

/** Parts of them. */
export const runtimeParts = {
  containerd: join(runtimeDirectory, 'usr/bin/containerd'),
  ctr: join(runtimeDirectory, 'usr/bin/ctr'),
  runc: join(runtimeDirectory, 'usr/sbin/runc'),
  networkPlugins: join(runtimeDirectory, 'usr/lib/cni'),
} as const;
