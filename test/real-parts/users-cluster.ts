import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { addOnKubeConfig } from './add-on-account.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeDirectory, removeDirectory } from './guardian.ts';
import { writeKubeConfig } from './kube-config-file.ts';
import { refuseClusterInUse, removeTrialTraces } from './trial-traces.ts';

const reason = 'KUBECONFIG is set, and that cluster is not ours to restart or to look into';

/** Why tests that need the audit log or a restart are skipped; `undefined` when they can run. */
export const noControlOfCluster = (process.env['KUBECONFIG'] ?? '') === '' ? undefined : reason;

/**
 * The cluster that `KUBECONFIG` names: nothing of it is started, restarted or stopped, and what is made in it is
 * removed. Throws where the add-on is there already.
 */
export async function usersCluster(): Promise<ControlPlane> {
  const directory = await makeDirectory('acr-users-cluster-');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  await refuseClusterInUse(kubeConfig);
  return {
    // KUBECONFIG may be a list of files; this is what they come to.
    kubeConfigFile: writeKubeConfig(join(directory, 'admin.kubeconfig'), kubeConfig),
    kubeConfig,
    address: kubeConfig.getCurrentCluster()?.server ?? '',
    addOnKubeConfig: () => addOnKubeConfig(kubeConfig, directory),
    auditEvents() {
      throw new Error(reason);
    },
    signingKey() {
      throw new Error(reason);
    },
    async restartApiServer() {
      throw new Error(reason);
    },
    async stop() {
      await removeTrialTraces(kubeConfig);
      await removeDirectory(directory);
    },
  };
}
