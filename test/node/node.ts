import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
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
import { apart, cgroupsNamed } from './apart.ts';
import { networkIsUp, type BootPlan } from './boot-plan.ts';
import { cgroupHierarchies } from './cgroup-hierarchies.ts';
import { ContainerImages } from './container-images.ts';
import { containerdOf } from './containerd-files.ts';
import { openDoor, type Door } from './door.ts';
import { kubeletOf } from './kubelet-files.ts';
import { lastLogLines } from './last-log-lines.ts';
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
  /** What its daemons and the containers of `kube-system` have logged last, for people. */
  lastLogLines(): string;
  /** Undoes all of it as far as it can. Throws where something is left; the guardian goes on to try that. */
  stop(): Promise<void>;
}

const nodeName = 'node-1';
/** On the node from its start. */
export const pauseImage = 'localhost/pause:1';
/** Those that were started by this process and not stopped yet. */
export const runningNodes = new Set<Node>();
const bootProgram = fileURLToPath(new URL('boot-node.ts', import.meta.url));

/** Starts a node and waits until Pods may run there. Nothing of it outlives this process, however that ends. */
export async function startNode(setup: NodeSetup): Promise<Node> {
  const directory = await makeDirectory('acr-node-');
  const undo: Undo = [() => removeDirectory(directory)];
  try {
    const plan = await planBoot(directory, setup);
    const cgroups = await makeCgroups(plan, undo);
    const program = await startApart(plan, cgroups);
    undo.push(async () => void (await program.kill()));
    await openDoors(program, setup, undo);
    const images = new ContainerImages(plan.socket);
    await addPauseImage(images, directory, program);
    await becomesReady(setup.controlPlane, program);
    const node: Node = {
      images,
      lastLogLines: () => lastLogLines(directory),
      async stop() {
        runningNodes.delete(node);
        await undoAll(undo);
      },
    };
    runningNodes.add(node);
    return node;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const error = new Error(`${reason}\n${lastLogLines(directory)}`, { cause: thrown });
    await Promise.allSettled([undoAll(undo)]);
    throw error;
  }
}

type Undo = (() => Promise<void>)[];

/** The last step first, and each of them, also after one that fails. */
async function undoAll(undo: Undo): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.toReversed()) {
    try {
      await step();
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.join('\n'));
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

async function makeCgroups({ directory, hierarchies }: BootPlan, undo: Undo): Promise<string[]> {
  const cgroups = cgroupsNamed(basename(directory), hierarchies);
  undo.push(async () => void (await Promise.all(cgroups.map(removeCgroup))));
  for (const cgroup of cgroups) await makeCgroup(cgroup);
  return cgroups;
}

/** The shell that is the first process takes care of orphans. Whatever kills the guardian kills the node. */
function startApart(plan: BootPlan, cgroups: readonly string[]): Promise<RunningProgram> {
  const planFile = join(plan.directory, 'boot-plan.json');
  writeFileSync(planFile, JSON.stringify(plan));
  const reaper = ['/bin/sh', '-c', '"$0" "$@"; exit'];
  return startProgram({
    ...apart(cgroups, [...reaper, process.execPath, bootProgram, planFile]),
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
