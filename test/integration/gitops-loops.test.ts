import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionPolicyObjects, applyObjects, noAdmissionPolicies } from '../real-parts/admission-policy.ts';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { clientSide, serverSide, type GitOpsTool, type Manifest } from './gitops-tools.ts';

const namespace = 'team-a';
const rounds = 20;
const everyMs = 1_000;
const configuration = {
  'acr-registry-info': enterpriseEntry,
  'watch-namespace': namespace,
  'service-account': '*',
};

interface Loop {
  readonly tool: GitOpsTool;
  readonly manifest: Manifest;
}

const loops: readonly Loop[] = Object.entries({
  'client-side': clientSide,
  'server-side': serverSide,
}).flatMap(([how, tool]) => [
  { tool, manifest: { metadata: { namespace, name: `bare-${how}` } } },
  {
    tool,
    manifest: { metadata: { namespace, name: `owning-${how}` }, imagePullSecrets: [{ name: 'mine' }] },
  },
]);

interface LoopOutcome {
  /** How often the tool changed the object. */
  readonly writes: number;
  /** The lists that it found and left, as texts, each once. */
  readonly lists: readonly string[];
}

describe.skipIf(noControlOfCluster !== undefined)('a GitOps tool that applies every second', () => {
  let stage: Stage;
  let admin: ApiCaller;

  beforeAll(async () => {
    stage = await startStage({ auditLog: true, timeScale: 1 });
    admin = new ApiCaller(stage.controlPlane.kubeConfig);
    await stage.kubectl.configure(configuration);
    await stage.kubectl.createNamespace(namespace);
    await stage.startReplica();
    await stage.kubectl.awaitAttachment(namespace);
  });

  afterAll(async () => {
    await admin?.close();
    await stage?.stop();
  });

  async function run({ tool, manifest }: Loop): Promise<LoopOutcome> {
    const lists = new Set<string>();
    let writes = 0;
    for (let round = 0; round < rounds; round += 1) {
      const { before, after } = await tool(admin, manifest);
      if (before.metadata?.resourceVersion !== after.metadata?.resourceVersion) writes += 1;
      for (const { imagePullSecrets = [] } of [before, after]) {
        lists.add(imagePullSecrets.map(({ name }) => name).join());
      }
      await pause(everyMs);
    }
    return { writes, lists: [...lists] };
  }

  /** Runs all loops at the same time, on accounts that are new. */
  async function runAll() {
    for (const { manifest } of loops) await stage.kubectl.createServiceAccount(namespace, manifest);
    return await Promise.all(
      loops.map(async (loop) => {
        const { metadata, imagePullSecrets = [] } = loop.manifest;
        const own = imagePullSecrets.map(({ name = '' }) => name);
        return { name: metadata.name, own, outcome: await run(loop) };
      }),
    );
  }

  function ourWrites(name: string): number {
    return stage.controlPlane.auditEvents().filter(({ stage: at, verb, user, objectRef, responseStatus }) => {
      const isOurs = user.username?.endsWith(':aliyun-acr-credential-helper') === true;
      const isWrite = at === 'ResponseComplete' && verb === 'patch' && responseStatus?.code === 200;
      return isOurs && isWrite && objectRef?.resource === 'serviceaccounts' && objectRef.name === name;
    }).length;
  }

  async function removeAll(): Promise<void> {
    for (const { manifest } of loops)
      await stage.kubectl.api.deleteNamespacedServiceAccount(manifest.metadata);
  }

  it(
    'loses no entry and gets none lost, and the add-on writes no more often than it',
    { timeout: 300_000 },
    async () => {
      const results = await runAll();
      for (const { name, own, outcome } of results) {
        const whole = [...own, pullSecretName];
        expect([own.join(), whole.join()]).toEqual(expect.arrayContaining([...outcome.lists]));
        expect(ourWrites(name)).toBeGreaterThan(0);
        // One of them is the first attachment, which answers no write of the tool's.
        expect(ourWrites(name) - 1).toBeLessThanOrEqual(outcome.writes);
      }
      const fought = results.filter(({ own }) => own.length > 0);
      expect(fought.every(({ outcome }) => outcome.writes > 1)).toBe(true);
      for (const { name, own } of results) {
        // What was undone many times is written with pauses of up to a minute.
        await waitUntil({ what: `${name} has both`, withinMs: 120_000 }, async () => {
          const found = await stage.kubectl.pullSecretsOf(namespace, name);
          return found.join() === [...own, pullSecretName].join();
        });
      }
      await removeAll();
    },
  );

  it(
    'has nothing to fight over where admission attaches: neither side writes',
    { timeout: 300_000 },
    async ({ skip }) => {
      const whyNot = await noAdmissionPolicies(stage.controlPlane.kubeConfig);
      skip(whyNot !== undefined, whyNot);
      await applyObjects(stage.controlPlane.kubeConfig, admissionPolicyObjects());
      await waitUntil({ what: 'the policy attaches', withinMs: 60_000 }, async () => {
        const body = { metadata: { name: 'probe' } };
        const tried = await stage.kubectl.api.createNamespacedServiceAccount({
          namespace,
          body,
          dryRun: 'All',
        });
        return tried.imagePullSecrets?.some(({ name }) => name === pullSecretName);
      });
      const before = new Map(
        loops.map(({ manifest: { metadata } }) => [metadata.name, ourWrites(metadata.name)]),
      );
      for (const { name, own, outcome } of await runAll()) {
        expect({ name, lists: outcome.lists }).toEqual({ name, lists: [[...own, pullSecretName].join()] });
        expect(ourWrites(name)).toBe(before.get(name));
        // The first time, what the tool applied is noted in the object.
        expect(outcome.writes).toBeLessThanOrEqual(1);
      }
    },
  );
});
