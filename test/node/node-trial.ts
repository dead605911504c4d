import { KubeConfig } from '@kubernetes/client-node';
import { startNode } from './node.ts';

// A process of its own that starts a node and ends as it is told: `stop` once a line is read, `fail` then, or it waits to be
// killed. Its argument is JSON; it writes one line when the node is ready.

export interface NodeTrial {
  readonly kubeConfigFile: string;
  readonly address: string;
  readonly proxyUrl: string;
  readonly metadataUrl: string;
  readonly caFile: string;
}

const trial = JSON.parse(process.argv[2] ?? '') as NodeTrial;
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(trial.kubeConfigFile);
const node = await startNode({ controlPlane: { address: trial.address, kubeConfig }, cloud: trial });
process.stdout.write('ready\n');
process.stdin.setEncoding('utf8');
for await (const line of process.stdin) {
  if (String(line).startsWith('fail')) throw new Error('a failure that the test asked for');
  await node.stop();
  break;
}
