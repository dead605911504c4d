import { AppsV1Api } from '@kubernetes/client-node';
import { accountKubeConfig } from '../real-parts/add-on-account.ts';
import { startAddOn, type AddOn } from '../real-parts/add-on.ts';
import type { Cloud } from '../real-parts/cloud.ts';
import type { ControlPlane } from '../real-parts/control-plane.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

export interface Installed {
  readonly controlPlane: ControlPlane;
  readonly cloud: Cloud;
  /** For the kubeconfig. */
  readonly directory: string;
  /** Where its webhook is served; on loopback if left out. */
  readonly admissionHost?: string | undefined;
}

/** What only a Pod has. */
const ofPod = /^--(health-address|metadata-endpoint|admission-address)=/;

/**
 * Does what a node would do: starts the controller with the flags of the installed Deployment and a token of the
 * installed account, and waits until it is ready.
 */
export async function startInstalledAddOn(installed: Installed): Promise<AddOn> {
  const { controlPlane, cloud, directory, admissionHost = '127.0.0.1' } = installed;
  const deployment = await controlPlane.kubeConfig.makeApiClient(AppsV1Api).readNamespacedDeployment({
    namespace: 'kube-system',
    name: 'aliyun-acr-credential-helper',
  });
  const [command, ...flags] = deployment.spec?.template.spec?.containers[0]?.args ?? [];
  if (command !== 'controller') throw new Error(`the Deployment runs ${command}`);
  const kubeConfigFile = await accountKubeConfig(controlPlane.kubeConfig, directory);
  const ofMachine = [`--admission-address=${admissionHost}:0`];
  const addOn = await startAddOn({
    kubeConfigFile,
    cloud,
    flags: [...flags.filter((flag) => !ofPod.test(flag)), ...ofMachine],
  });
  await waitUntil({ what: 'the add-on is ready', withinMs: 30_000 }, async () =>
    (await addOn.health('readyz')).startsWith('ok'),
  );
  return addOn;
}
