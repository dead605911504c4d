import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { networkIsUp, type BootPlan, type Daemon } from './boot-plan.ts';
import { setUpMounts } from './mounts.ts';
import { nodeNetwork } from './node-network.ts';
import { runInNode } from './run-in-node.ts';

// Runs in namespaces of its own, and turns them into a node. The namespaces end with it.

function setUpNetwork(): void {
  ip('link set lo up');
  ip('link add node0 type bridge');
  for (const address of [nodeNetwork.node, nodeNetwork.apiServer, nodeNetwork.metadata]) {
    ip(`address add ${address}/${address === nodeNetwork.node ? 24 : 32} dev node0`);
  }
  ip('link set node0 up');
  ip(`route add default via ${nodeNetwork.gateway}`);
}

function ip(command: string): void {
  runInNode('ip', ...command.split(' '));
}

function start({ file, options, environment, logFile }: Daemon): Promise<unknown> {
  const log = openSync(logFile, 'a');
  return once(spawn(file, options, { env: environment, stdio: ['ignore', log, log] }), 'exit');
}

async function listens(socket: string): Promise<void> {
  for (;;) {
    const connection = connect(socket);
    try {
      await once(connection, 'connect');
      return;
    } catch {
      await delay(20);
    } finally {
      connection.destroy();
    }
  }
}

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as BootPlan;
setUpMounts(plan);
setUpNetwork();
process.stdout.write(`${networkIsUp}\n`);
const containerd = start(plan.containerd);
await Promise.race([listens(plan.socket), containerd]);
await Promise.race([containerd, start(plan.kubelet)]);
process.stdout.write('a daemon of the node has ended\n');
process.exit(1);
