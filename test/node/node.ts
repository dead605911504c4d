import { randomBytes } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoreV1Api } from '@kubernetes/client-node';
import type { Cloud } from '../real-parts/cloud.ts';
import type { ControlPlane } from '../real-parts/control-plane.ts';
import {
  makeCgroup,
  makeDirectory,
  removeCgroup,
  removeDirectory,
  startProgram,
  type RunningProgram,
} from '../real-parts/guardian.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { networkIsUp, type BootPlan } from './boot-plan.ts';
import { cgroupHierarchies } from './cgroup-hierarchies.ts';
import { ContainerImages } from './container-images.ts';
import { containerdOf } from './containerd-files.ts';
import { openDoor, type Door } from './door.ts';
import { kubeletOf } from './kubelet-files.ts';
import { nodeNetwork } from './node-network.ts';
import { writeTinyImage } from './tiny-image.ts';

export interface NodeSetup {
  /** Started `withNodes`. */
  readonly controlPlane: Pick<ControlPlane, 'address' | 'kubeConfig'>;
  readonly cloud: Pick<Cloud, 'proxyUrl' | 'metadataUrl' | 'caFile'>;
}

/** A real node of the control plane's cluster: kubelet, containerd and runc, in namespaces of its own. */
export interface Node {
  readonly images: ContainerImages;
  /** What a daemon has logged so far. */
  log(daemon: 'kubelet' | 'containerd'): string;
  /** What a Pod's containers have logged so far. */
  podLog(pod: { readonly namespace: string; readonly name: string }): string;
  stop(): Promise<void>;
}

const nodeName = 'node-1';
/** What the names of nodes' cgroups begin with. */
export const cgroupPrefix = 'acr-node-';
/** On the node from its start. */
export const pauseImage = 'localhost/pause:1';
const bootProgram = fileURLToPath(new URL('boot-node.ts', import.meta.url));

/** Starts a node and waits until Pods may run there. Nothing of it outlives this process, however that ends. */
export async function startNode(setup: NodeSetup): Promise<Node> {
  const directory = await makeDirectory('acr-node-');
  const undo = [() => removeDirectory(directory)];
  const stop = async () => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const plan = await planBoot(directory, setup);
    const cgroups = await makeCgroups(plan, undo);
    const program = await startApart(plan, cgroups);
    undo.push(async () => void (await program.kill()));
    await openDoors(program, setup, undo);
    const images = new ContainerImages(plan.socket);
    await addPauseImage(images, directory, program);
    await becomesReady(setup.controlPlane, program);
    return {
      images,
      log: (daemon) => readFileSync(plan[daemon].logFile, 'utf8'),
      podLog: (pod) => podLog(join(directory, 'var-log/pods'), pod),
      stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function planBoot(directory: string, { controlPlane, cloud }: NodeSetup): Promise<BootPlan> {
  const socket = join(directory, 'containerd.sock');
  return {
    directory,
    hierarchies: cgroupHierarchies(),
    hostName: nodeName,
    socket,
    containerd: containerdOf({ directory, socket, pauseImage, caFile: cloud.caFile }),
    kubelet: kubeletOf({ directory, nodeName, socket, controlPlane }),
  };
}

type Undo = (() => Promise<void>)[];

async function makeCgroups({ hierarchies }: BootPlan, undo: Undo): Promise<string[]> {
  const name = `${cgroupPrefix}${randomBytes(4).toString('hex')}`;
  const cgroups = hierarchies.map((hierarchy) => join(hierarchy.directory, name));
  for (const cgroup of cgroups) {
    await makeCgroup(cgroup);
    undo.push(() => removeCgroup(cgroup));
  }
  return cgroups;
}

/**
 * Into the cgroups first, so that they become the topmost ones of the new namespace. The shell that is the first
 * process there takes care of orphans. Whatever kills the guardian kills the node.
 */
function startApart(plan: BootPlan, cgroups: readonly string[]): Promise<RunningProgram> {
  const planFile = join(plan.directory, 'boot-plan.json');
  writeFileSync(planFile, JSON.stringify(plan));
  const intoCgroups = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"';
  const inNamespaces =
    'setpriv --pdeathsig KILL unshare --mount --net --pid --uts --ipc --cgroup --propagation private --fork ' +
    '--kill-child --mount-proc';
  const reaper = ['/bin/sh', '-c', '"$0" "$@"; exit'];
  const boot = [process.execPath, bootProgram, planFile];
  return startProgram({
    file: '/bin/sh',
    options: ['-c', intoCgroups, 'sh', ...cgroups, '--', ...inNamespaces.split(' '), ...reaper, ...boot],
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    logFile: join(plan.directory, 'boot.log'),
  });
}

async function openDoors(program: RunningProgram, setup: NodeSetup, undo: Undo): Promise<void> {
  await waitUntil({ what: 'the node has a network', withinMs: 30_000, program }, () =>
    program.output().includes(networkIsUp),
  );
  const { pid } = program;
  const insidePid = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  const doors: Door[] = [
    { from: { host: nodeNetwork.apiServer, port: 443 }, to: placeOf(setup.controlPlane.address) },
    {
      from: { host: nodeNetwork.node, port: nodeNetwork.proxyPort },
      to: placeOf(setup.cloud.proxyUrl),
    },
    { from: { host: nodeNetwork.metadata, port: 80 }, to: placeOf(setup.cloud.metadataUrl) },
  ];
  for (const door of doors) {
    const opened = await openDoor(insidePid, door);
    undo.push(async () => opened.close());
  }
}

function placeOf(url: string): Door['to'] {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

async function addPauseImage(images: ContainerImages, directory: string, program: RunningProgram) {
  const layout = await writeTinyImage(directory, pauseImage);
  await waitUntil({ what: 'containerd has the pause image', withinMs: 30_000, program }, async () => {
    await images.add(layout, pauseImage.slice(0, pauseImage.lastIndexOf(':')));
    return true;
  });
}

function podLog(logs: string, { namespace, name }: Parameters<Node['podLog']>[0]): string {
  const files = globSync(join(logs, `${namespace}_${name}_*`, '*', '*.log'));
  return files
    .toSorted()
    .map((file) => readFileSync(file, 'utf8'))
    .join('');
}

async function becomesReady(
  { kubeConfig }: NodeSetup['controlPlane'],
  program: RunningProgram,
): Promise<void> {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  await waitUntil({ what: 'the node is ready', withinMs: 60_000, program }, async () => {
    const { status, spec } = await api.readNode({ name: nodeName });
    const isReady = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return isReady === true && (spec?.taints ?? []).length === 0;
  });
}
