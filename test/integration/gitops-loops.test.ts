import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { noAdmissionPolicies, startAdmissionPolicy } from '../real-parts/admission-policy.ts';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { startWebhookStage, type WebhookStage } from '../real-parts/webhook-stage.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';
import { flux } from './flux.ts';
import { GitOpsLoops, namespace, type LoopResult } from './gitops-loops.ts';
import { pastedFrom } from './gitops-page.ts';

const fluxSpec = z.object({
  spec: z.object({
    ignore: z.array(z.object({ target: z.record(z.string(), z.string()), paths: z.array(z.string()) })),
  }),
});

const configuration = {
  'acr-registry-info': enterpriseEntry,
  'watch-namespace': namespace,
  'service-account': '*',
};

/**
 * The first time, what a tool applied is noted in the object. Flux takes out the second time what the API server noted at
 * the first, that fields were there before somebody applied.
 */
function notingWrites(name: string): number {
  return name.endsWith('flux') ? 2 : 1;
}

/** Those in which somebody undid something, or the add-on did anything at all. */
function disturbed(results: readonly LoopResult[]): readonly LoopResult[] {
  return results.filter(({ name, own, lists, writes, ourWrites }) => {
    const isWhole = lists.join(';') === [...own, pullSecretName].join();
    return !isWhole || writes > notingWrites(name) || ourWrites > 0;
  });
}

describe.skipIf(noControlOfCluster !== undefined)('a GitOps tool that applies every second', () => {
  let stage: Stage;
  let admin: ApiCaller;
  let loops: GitOpsLoops;

  beforeAll(async () => {
    stage = await startStage({ auditLog: true, timeScale: 1 });
    admin = new ApiCaller(stage.controlPlane.kubeConfig);
    loops = new GitOpsLoops(stage, admin);
    await stage.kubectl.configure(configuration);
    await stage.kubectl.createNamespace(namespace);
    await stage.startReplica();
    await stage.kubectl.awaitAttachment(namespace);
  });

  afterAll(async () => {
    await admin?.close();
    await stage?.stop();
  });

  it(
    'loses no entry and gets none lost, and the add-on writes no more often than it',
    { timeout: 300_000 },
    async () => {
      const results = await loops.runAll();
      for (const { own, lists, writes, ourWrites } of results) {
        const whole = [...own, pullSecretName];
        expect([own.join(), whole.join()]).toEqual(expect.arrayContaining([...lists]));
        expect(ourWrites).toBeGreaterThan(0);
        // One of them is the first attachment, which answers no write of the tool's.
        expect(ourWrites - 1).toBeLessThanOrEqual(writes);
      }
      const fought = results.filter(({ own }) => own.length > 0);
      expect(fought.every(({ writes }) => writes > 1)).toBe(true);
      for (const { name, own } of results) {
        // What was undone many times is written with pauses of up to a minute.
        await waitUntil({ what: `${name} has both`, withinMs: 120_000 }, async () => {
          const found = await stage.kubectl.pullSecretsOf(namespace, name);
          return found.join() === [...own, pullSecretName].join();
        });
      }
      await loops.removeAll();
    },
  );

  it(
    'has nothing to fight over as Flux that is told to ignore the list, as docs/gitops.md does',
    { timeout: 300_000 },
    async () => {
      const { ignore } = fluxSpec.parse(pastedFrom('Flux')[0]).spec;
      const ignoring = flux(stage.controlPlane.kubeConfigFile, ignore);
      const ignorers = new GitOpsLoops(stage, admin, { 'ignoring-flux': ignoring });
      for (const { name, writes, ourWrites } of await ignorers.runAll()) {
        expect(writes).toBeLessThanOrEqual(notingWrites(name));
        // The attachment, and once more where Flux had looked right before it and applied right after.
        expect([1, 2]).toContain(ourWrites);
      }
      for (const [name, whole] of [
        ['bare-ignoring-flux', [pullSecretName]],
        ['owning-ignoring-flux', ['mine', pullSecretName]],
      ] as const) {
        expect(await stage.kubectl.pullSecretsOf(namespace, name)).toEqual(whole);
      }
      await ignorers.removeAll();
    },
  );

  it(
    'has nothing to fight over where admission attaches: neither side writes',
    { timeout: 300_000 },
    async ({ skip }) => {
      const whyNot = await noAdmissionPolicies(stage.controlPlane.kubeConfig);
      skip(whyNot !== undefined, whyNot);
      await startAdmissionPolicy(stage.controlPlane.kubeConfig, namespace);
      expect(disturbed(await loops.runAll())).toEqual([]);
    },
  );
});

describe.skipIf(noControlOfCluster !== undefined)(
  'a GitOps tool that applies every second, where the webhook attaches',
  () => {
    let stage: WebhookStage;

    beforeAll(async () => {
      stage = await startWebhookStage({ auditLog: true });
      await stage.kubectl.configure({ ...configuration, 'webhook-configuration': 'enable: true\n' });
      await stage.kubectl.createNamespace(namespace);
      await stage.startWebhookReplica();
      await stage.awaitAdmission(namespace);
    });

    afterAll(() => stage?.stop());

    it('has nothing to fight over: neither side writes', { timeout: 300_000 }, async ({ skip }) => {
      // Older ones write what was applied server-side also where a webhook has made it what it was.
      const whyNot = await whyTooOld(stage.controlPlane.kubeConfig);
      skip(whyNot !== undefined, whyNot);
      expect(disturbed(await new GitOpsLoops(stage, stage.admin).runAll())).toEqual([]);
    });
  },
);
