import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forEachAtMost } from '../../src/runtime/at-most.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { registeredWebhook } from '../real-parts/webhook-registration.ts';
import { createAccount, startWebhookStage, type WebhookStage } from '../real-parts/webhook-stage.ts';

const namespaces = Array.from({ length: 20 }, (_, index) => `team-${index}`);
const perSecond = 200;
const total = 10 * perSecond;
const indices = Array.from({ length: total }, (_, index) => index);
/** A machine that cannot keep up is slower; it is not to be buried under what it owes. */
const atOnce = 64;
const policies = ['Ignore', 'Fail'] as const;

function configuration(failurePolicy: (typeof policies)[number]): Record<string, string> {
  return {
    'acr-registry-info': enterpriseEntry,
    'watch-namespace': 'default,team-*',
    'service-account': '*',
    'webhook-configuration': `enable: true\nfailure-policy: ${failurePolicy}\ntimeout-seconds: 10\n`,
  };
}

interface Outcome {
  readonly created: number;
  /** What the API server said of those that were not created. */
  readonly failed: readonly string[];
  /** Created without the pull secret on them, as `namespace/name`. */
  readonly without: readonly string[];
}

interface Load {
  readonly outcome: Promise<Outcome>;
  /** How many are being created now. */
  readonly underway: () => number;
  readonly begun: () => number;
}

/** Creates service accounts at that rate for 10 seconds. */
function load(stage: WebhookStage, prefix: string): Load {
  const failed: string[] = [];
  const without: string[] = [];
  let [begun, ended] = [0, 0];
  const create = async (index: number) => {
    const namespace = namespaces[index % namespaces.length] ?? '';
    begun += 1;
    const { status, text } = await createAccount(stage.admin, namespace, `${prefix}-${index}`);
    ended += 1;
    if (status !== 201) failed.push(text);
    else if (!text.includes(pullSecretName)) without.push(`${namespace}/${prefix}-${index}`);
  };
  const startedAt = performance.now();
  const run = async () => {
    await forEachAtMost(atOnce, indices, async (index) => {
      const waitMs = startedAt + (index * 1_000) / perSecond - performance.now();
      if (waitMs > 1) await delay(waitMs);
      await create(index);
    });
    return { created: ended - failed.length, failed, without };
  };
  return { outcome: run(), underway: () => begun - ended, begun: () => begun };
}

describe.skipIf(noControlOfCluster !== undefined)(`${perSecond} service accounts a second`, () => {
  let stage: WebhookStage;

  beforeAll(async () => {
    stage = await startWebhookStage();
    for (const namespace of namespaces) await stage.kubectl.createNamespace(namespace);
  });

  afterAll(() => stage?.stop());

  async function awaitPolicy(failurePolicy: (typeof policies)[number]): Promise<void> {
    await stage.kubectl.configure(configuration(failurePolicy));
    await waitUntil({ what: `the policy is ${failurePolicy}`, withinMs: 90_000 }, async () => {
      const webhook = await registeredWebhook(stage.controlPlane.kubeConfig);
      return webhook?.rules !== undefined && webhook.failurePolicy === failurePolicy;
    });
    await stage.awaitAdmission('default');
  }

  async function startTwo(policy: (typeof policies)[number]) {
    await stage.kubectl.configure(configuration(policy));
    const [leader, other] = [await stage.startWebhookReplica(), await stage.startWebhookReplica()];
    await awaitPolicy(policy);
    return { leader, other };
  }

  it.each(policies)(
    'are all created and attached with %s, while a replica ends as a Pod does',
    async (policy) => {
      const { leader, other } = await startTwo(policy);
      const { outcome } = load(stage, `ended-${policy.toLowerCase()}`);
      await delay(4_000);
      await stage.retire(leader);
      expect(await outcome).toEqual({ created: total, failed: [], without: [] });
      await stage.retire(other);
    },
    300_000,
  );

  it('are all created with Ignore while a replica is killed outright, and attached by the controller if need be', async () => {
    const { leader, other } = await startTwo('Ignore');
    const { outcome } = load(stage, 'killed-ignore');
    await delay(4_000);
    await stage.killAtOnce(leader);
    const { created, failed, without } = await outcome;
    expect({ created, failed }).toEqual({ created: total, failed: [] });
    for (const account of without) {
      const [namespace = '', name] = account.split('/');
      // Once the other one leads, which is 15 seconds after the last sign of the one that was killed.
      await waitUntil({ what: `${account} is attached`, withinMs: 90_000 }, async () =>
        (await stage.kubectl.pullSecretsOf(namespace, name)).includes(pullSecretName),
      );
    }
    await stage.retire(other);
  }, 300_000);

  it('are created with Fail while a replica is killed outright, but for what it was just asked', async () => {
    const { leader, other } = await startTwo('Fail');
    const { outcome, underway, begun } = load(stage, 'killed-fail');
    await delay(4_000);
    const [underwayBefore, begunBefore] = [underway(), begun()];
    await stage.killAtOnce(leader);
    const atRisk = underwayBefore + begun() - begunBefore;
    const { created, failed, without } = await outcome;
    expect(without).toEqual([]);
    expect(created + failed.length).toBe(total);
    expect(failed.length).toBeLessThanOrEqual(atRisk);
    for (const text of failed) expect(text).toContain('failed calling webhook');
    await stage.retire(other);
  }, 300_000);
});
