import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeDirectory } from '../real-parts/guardian.ts';
import { startStage, type Stage } from '../real-parts/stage.ts';
import { hostFingerprint } from './host-fingerprint.ts';
import { pauseImage } from './node.ts';
import type { NodeTrial } from './node-trial.ts';
import { Pods } from './pods.ts';
import { describeOnNode } from './describe-on-node.ts';

const trialProgram = fileURLToPath(new URL('node-trial.ts', import.meta.url));

const endings = [
  ['is stopped', (run: ChildProcess) => run.stdin?.write('stop\n')],
  ['fails', (run: ChildProcess) => run.stdin?.write('fail\n')],
  ['is killed', (run: ChildProcess) => run.kill('SIGKILL')],
] as const;

describeOnNode('leaves the machine as it was', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage({ withNodes: true });
  });

  afterAll(() => stage?.stop());

  it.each(endings)('when a run %s while a Pod runs', async (_how, end) => {
    const temporary = await makeDirectory('acr-trial-');
    const before = await hostFingerprint(temporary);
    const run = startTrial(stage, temporary);
    const ended = once(run, 'exit');
    await nodeIsReady(run);
    const pods = new Pods(stage.kubectl.api);
    const pod = { namespace: 'default', name: 'tenant', images: [pauseImage] };
    await pods.run(pod);
    expect((await hostFingerprint(temporary)).leftovers).not.toEqual([]);
    end(run);
    await ended;
    await stage.kubectl.api.deleteNamespacedPod({ ...pod, gracePeriodSeconds: 0 });
    // The guardian may need a moment after a sudden end.
    await expect.poll(() => hostFingerprint(temporary), { timeout: 60_000 }).toEqual(before);
  });
});

function startTrial({ controlPlane, cloud }: Stage, temporary: string): ChildProcess {
  const trial: NodeTrial = {
    kubeConfigFile: controlPlane.kubeConfigFile,
    address: controlPlane.address,
    proxyUrl: cloud.proxyUrl,
    metadataUrl: cloud.metadataUrl,
    caFile: cloud.caFile,
  };
  return spawn(process.execPath, [trialProgram, JSON.stringify(trial)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, TMPDIR: temporary },
  });
}

async function nodeIsReady(run: ChildProcess): Promise<void> {
  const said = await Promise.race([once(run.stdout ?? run, 'data'), once(run, 'exit')]);
  expect(String(said[0])).toBe('ready\n');
}
