import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CoreV1Api } from '@kubernetes/client-node';

export interface MountedSecret {
  /** Of each change from the first on, by the Secret's `resourceVersion`. */
  readonly shown: readonly string[];
  stop(): Promise<void>;
}

/**
 * Shows a Secret that is there as files, as a kubelet does where a Pod mounts it: all keys change at once, since they are links into a
 * directory that is exchanged as a whole. Looks twice a second, where a kubelet takes up to a minute or so.
 */
export async function mountSecret(
  api: CoreV1Api,
  ref: { readonly namespace: string; readonly name: string },
  directory: string,
): Promise<MountedSecret> {
  const shown: string[] = [];
  const show = async () => {
    const { data = {}, metadata } = await api.readNamespacedSecret(ref);
    const version = metadata?.resourceVersion ?? '';
    if (version === shown.at(-1)) return;
    const content = `..${version}`;
    mkdirSync(join(directory, content));
    for (const [key, base64] of Object.entries(data))
      writeFileSync(join(directory, content, key), Buffer.from(base64, 'base64'), { mode: 0o600 });
    symlinkSync(content, join(directory, '..next'));
    renameSync(join(directory, '..next'), join(directory, '..data'));
    if (shown.length === 0)
      for (const key of Object.keys(data)) symlinkSync(join('..data', key), join(directory, key));
    shown.push(version);
  };
  await show();
  const stop = new AbortController();
  const following = (async () => {
    while (!stop.signal.aborted) {
      await delay(500, undefined, { signal: stop.signal }).catch(() => undefined);
      await show().catch(() => undefined);
    }
  })();
  return {
    shown,
    async stop() {
      stop.abort();
      await following;
    },
  };
}
