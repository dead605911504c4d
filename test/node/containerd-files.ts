import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from './boot-plan.ts';
import { runtimeParts, runtimeDirectory } from './container-runtime.ts';
import { nodeNetwork } from './node-network.ts';

export interface ContainerdSetup {
  readonly directory: string;
  readonly socket: string;
  /** What Pods' sandboxes are made from. */
  readonly pauseImage: string;
  /** The authority of the cloud's certificates. */
  readonly caFile: string;
}

/** Writes what containerd reads. It reaches registries by their real names, through the proxy, as stock as it can be. */
export function containerdOf({ directory, socket, pauseImage, caFile }: ContainerdSetup): Daemon {
  const networkDirectory = join(directory, 'cni');
  mkdirSync(networkDirectory);
  writeFileSync(join(networkDirectory, 'pods.conflist'), JSON.stringify(podNetwork));
  const configurationFile = join(directory, 'containerd.toml');
  writeFileSync(
    configurationFile,
    `version = 2
root = "${directory}/containerd"
state = "/run/containerd"
oom_score = 0
[grpc]
address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${pauseImage}"
restrict_oom_score_adj = true
disable_apparmor = true
tolerate_missing_hugetlb_controller = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${runtimeParts.networkPlugins}"
conf_dir = "${networkDirectory}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "${runtimeParts.runc}"
SystemdCgroup = false
`,
  );
  return {
    file: runtimeParts.containerd,
    options: ['--config', configurationFile],
    environment: {
      // The shim is looked for there.
      PATH: `${runtimeDirectory}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HTTPS_PROXY: `http://${nodeNetwork.node}:${nodeNetwork.proxyPort}`,
      SSL_CERT_FILE: caFile,
    },
    logFile: join(directory, 'containerd.log'),
  };
}

const podNetwork = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'pods0',
      isGateway: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: nodeNetwork.pods }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
};
