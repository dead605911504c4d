import { KubeConfig } from '@kubernetes/client-node';
import { addOnKubeConfig } from './add-on-account.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeDirectory, removeDirectory } from './guardian.ts';

const reason = 'KUBECONFIG is set: the cluster is not ours to look into or to restart';

/** Why tests that need the audit log or a restart are skipped; `undefined` when they can run. */
export const noControlOfCluster = usersKubeConfigFile() === undefined ? undefined : reason;

/** The cluster that `KUBECONFIG` names, to be used instead of one of our own. */
export function usersKubeConfigFile(): string | undefined {
  const file = process.env['KUBECONFIG'];
  return file === '' ? undefined : file;
}

/** The user's own cluster: nothing of it is started, restarted or stopped. */
export async function usersCluster(kubeConfigFile: string): Promise<ControlPlane> {
  const directory = await makeDirectory('acr-users-cluster-');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeConfigFile);
  return {
    kubeConfigFile,
    kubeConfig,
    addOnKubeConfig: () => addOnKubeConfig(kubeConfig, directory),
    auditEvents() {
      throw new Error(reason);
    },
    async restartApiServer() {
      throw new Error(reason);
    },
    stop: () => removeDirectory(directory),
  };
}
