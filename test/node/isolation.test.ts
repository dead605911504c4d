import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeDirectory } from '../real-parts/guardian.ts';
import { guardianOf, isRunning } from '../real-parts/leftovers.ts';
import { startStage, type Stage } from '../real-parts/stage.ts';
import { cgroupsNamed } from './apart.ts';
import { cgroupHierarchies } from './cgroup-hierarchies.ts';
import { describeOnNode } from './describe-on-node.ts';
import { hostFingerprint, type HostFingerprint } from './host-fingerprint.ts';
import { pauseImage } from './node.ts';
import type { NodeTrial } from './node-trial.ts';
import { Pods } from './pods.ts';

const trialProgram = fileURLToPath(new URL('node-trial.ts', import.meta.url));
const pod = { namespace: 'default', name: 'tenant', images: [pauseImage] };

const endings = [
  ['is stopped', (run: ChildProcess) => run.stdin?.write('stop\n')],
  ['fails', (run: ChildProcess) => run.stdin?.write('fail\n')],
  ['is killed', (run: ChildProcess) => run.kill('SIGKILL')],
] as const;

describeOnNode('leaves the machine as it was', () => {
  let stage: Stage;
  let temporary: string;
  let before: HostFingerprint;

  beforeAll(async () => {
    stage = await startStage({ withNodes: true });
  });

  afterAll(() => stage?.stop());

  beforeEach(async () => {
    temporary = await makeDirectory('acr-trial-');
    before = await hostFingerprint(temporary);
  });

  it.each(endings)('when a run %s while a Pod runs', async (_how, end) => {
    const cgroups = await runPod(end);
    await expect.poll(() => machineWith(cgroups), patience).toEqual(asBefore());
  });

  it('when a run and its guardian are killed while a Pod runs, and another run has been', async () => {
    const cgroups = await runPod((run) => {
      for (const guardian of guardians()) process.kill(guardian, 'SIGKILL');
      run.kill('SIGKILL');
    });
    await expect.poll(() => [...guardians()].filter(isRunning), patience).toEqual([]);
    await expect.poll(leftovers, patience).toEqual(readdirSync(temporary).toSorted());
    const otherCgroups = await runPod((run) => run.stdin?.write('stop\n'));
    const all = [...cgroups, ...otherCgroups];
    await expect.poll(() => machineWith(all), patience).toEqual(asBefore());
  });

  /** Starts a node, runs a Pod there, ends the run, and gives the cgroups that the node had. */
  async function runPod(end: (run: ChildProcess) => unknown): Promise<readonly string[]> {
    const { api } = stage.kubectl;
    // A former one would be ready already.
    for (const { metadata } of (await api.listNode()).items) {
      await api.deleteNode({ name: metadata?.name ?? '' });
    }
    const run = startTrial(stage, temporary);
    const ended = once(run, 'exit');
    try {
      await nodeIsReady(run);
      await new Pods(api).run(pod);
      const cgroups = readdirSync(temporary).flatMap((name) => cgroupsNamed(name, cgroupHierarchies()));
      expect((await machineWith(cgroups)).nodeCgroups).toEqual(cgroups);
      expect(await leftovers()).not.toEqual([]);
      end(run);
      await ended;
      return cgroups;
    } finally {
      run.kill('SIGKILL');
      await api.deleteCollectionNamespacedPod({ namespace: pod.namespace, gracePeriodSeconds: 0 });
    }
  }

  /** Of files only those that were not there before: others may come and go. */
  async function machineWith(cgroups: readonly string[]) {
    const now = await hostFingerprint(temporary);
    const files = now.files.filter((file) => !before.files.includes(file));
    return { ...now, files, nodeCgroups: cgroups.filter((path) => existsSync(path)) };
  }

  function asBefore(): Awaited<ReturnType<typeof machineWith>> {
    return { ...before, files: [], nodeCgroups: [] };
  }

  async function leftovers(): Promise<readonly string[]> {
    return (await hostFingerprint(temporary)).leftovers;
  }

  function guardians(): Set<number> {
    return new Set(readdirSync(temporary).map((name) => guardianOf(name) ?? Number.NaN));
  }
});

/** A guardian may need a moment after a sudden end. */
const patience = { timeout: 90_000, interval: 200 };

function startTrial({ controlPlane, cloud }: Stage, temporary: string): ChildProcess {
  const trial: NodeTrial = {
    kubeConfigFile: controlPlane.kubeConfigFile,
    address: controlPlane.address,
    proxyUrl: cloud.proxyUrl,
    metadataUrl: cloud.metadataUrl,
    caFile: cloud.caFile,
  };
  return spawn(process.execPath, [trialProgram, JSON.stringify(trial)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
  });
}

async function nodeIsReady(run: ChildProcess): Promise<void> {
  const said = await Promise.race([once(run.stdout ?? run, 'data'), once(run, 'exit')]);
  expect(String(said[0])).toBe('ready\n');
}
