import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { programFile } from '../real-parts/program-file.ts';

const patienceMs = 60_000;

/** `kubectl apply -f -` of one manifest with all of them. Throws with what kubectl says where it fails. */
export async function kubectlApply(
  kubeConfigFile: string,
  objects: readonly KubernetesObject[],
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = execFile(
    programFile('kubectl'),
    ['apply', `--kubeconfig=${kubeConfigFile}`, '--filename=-'],
    // What it learns of the cluster's API is kept there, and goes with the cluster.
    { env: { HOME: dirname(kubeConfigFile) }, timeout: patienceMs, killSignal: 'SIGKILL' },
    (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`kubectl apply: ${stdout}${stderr}`, { cause: error }));
    },
  );
  child.stdin?.end(objects.map((object) => stringify(object)).join('---\n'));
  await promise;
}
