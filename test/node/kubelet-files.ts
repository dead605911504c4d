import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ControlPlane } from '../real-parts/control-plane.ts';
import { programFile } from '../real-parts/program-file.ts';
import type { Daemon } from './boot-plan.ts';
import { nodeNetwork } from './node-network.ts';

export interface KubeletSetup {
  readonly directory: string;
  readonly nodeName: string;
  /** containerd's. */
  readonly socket: string;
  readonly controlPlane: Pick<ControlPlane, 'kubeConfig'>;
}

/** Writes what a kubelet reads. */
export function kubeletOf({ directory, nodeName, socket, controlPlane }: KubeletSetup): Daemon {
  const write = (name: string, content: object) => {
    const file = join(directory, name);
    writeFileSync(file, stringify(content), { mode: 0o600 });
    return file;
  };
  const kubeConfig = write('kubelet.kubeconfig', kubeConfigOf(controlPlane, nodeName));
  return {
    file: programFile('kubelet'),
    options: [
      `--config=${write('kubelet.yaml', { ...configuration, containerRuntimeEndpoint: `unix://${socket}` })}`,
      `--kubeconfig=${kubeConfig}`,
      `--root-dir=${join(directory, 'kubelet')}`,
      `--hostname-override=${nodeName}`,
      `--node-ip=${nodeNetwork.node}`,
    ],
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    logFile: join(directory, 'kubelet.log'),
  };
}

/** The administrator's token in the role of the node's kubelet, which is all that the API server lets it be then. */
function kubeConfigOf({ kubeConfig }: KubeletSetup['controlPlane'], nodeName: string): object {
  const cluster = kubeConfig.getCurrentCluster();
  const user = {
    token: kubeConfig.getCurrentUser()?.token,
    as: `system:node:${nodeName}`,
    'as-groups': ['system:nodes', 'system:authenticated'],
  };
  const server = `https://${nodeNetwork.apiServer}`;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server, 'certificate-authority-data': cluster?.caData } }],
    users: [{ name: 'kubelet', user }],
    contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'kubelet' } }],
    'current-context': 'context',
  };
}

const configuration = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: nodeNetwork.node,
  authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
  authorization: { mode: 'Webhook' },
  // Nobody answers there; without it each Pod is complained about.
  clusterDNS: ['10.0.0.10'],
  cgroupDriver: 'cgroupfs',
  cgroupRoot: '/',
  failCgroupV1: false,
  failSwapOn: false,
  // The machine may have denied even root to make itself less likely to be killed.
  oomScoreAdj: 0,
  // Without it a missing /dev/kmsg and the like would be fatal.
  featureGates: { KubeletInUserNamespace: true },
  enforceNodeAllocatable: ['pods'],
  evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
  imageGCHighThresholdPercent: 100,
  makeIPTablesUtilChains: false,
  nodeStatusUpdateFrequency: '4s',
  syncFrequency: '10s',
};
