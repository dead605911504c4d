import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { registeredWebhook } from '../real-parts/webhook-registration.ts';
import { createAccount, startWebhookStage, type WebhookStage } from '../real-parts/webhook-stage.ts';
import { loadAccounts, type Load } from './account-load.ts';

const namespaces = Array.from({ length: 20 }, (_, index) => `team-${index}`);
const perSecond = 200;
const total = 10 * perSecond;
const policies = ['Ignore', 'Fail'] as const;

function configuration(failurePolicy: (typeof policies)[number]): Record<string, string> {
  return {
    'acr-registry-info': enterpriseEntry,
    'watch-namespace': 'default,team-*',
    'service-account': '*',
    'webhook-configuration': `enable: true\nfailure-policy: ${failurePolicy}\ntimeout-seconds: 30\n`,
  };
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

  function load(prefix: string): Load {
    return loadAccounts(stage.admin, { namespaces, prefix, total, perSecond });
  }

  it.for(policies)(
    'are all created and attached with %s, while a replica ends as a Pod does',
    { timeout: 300_000 },
    async (policy, { annotate }) => {
      const { leader, other } = await startTwo(policy);
      const { outcome } = load(`ended-${policy.toLowerCase()}`);
      await delay(4_000);
      await stage.retire(leader);
      const { created, failed, without, figures } = await outcome;
      await annotate(figures);
      expect({ created, failed, without }).toEqual({ created: total, failed: [], without: [] });
      await stage.retire(other);
    },
  );

  it(
    'are all created with Ignore while a replica is killed outright, and attached by the controller if need be',
    { timeout: 300_000 },
    async ({ annotate }) => {
      const { leader, other } = await startTwo('Ignore');
      const { outcome } = load('killed-ignore');
      await delay(4_000);
      await stage.killAtOnce(leader);
      const { created, failed, without, figures } = await outcome;
      await annotate(figures);
      expect({ created, failed }).toEqual({ created: total, failed: [] });
      for (const { namespace, name } of without) {
        // Once the other one leads, which is 15 seconds after the last sign of the one that was killed.
        await waitUntil({ what: `${namespace}/${name} is attached`, withinMs: 90_000 }, async () =>
          (await stage.kubectl.pullSecretsOf(namespace, name)).includes(pullSecretName),
        );
      }
      await stage.retire(other);
    },
  );

  it(
    'are all created and attached with Fail while a replica is killed outright, by who tries again what it was just asked',
    { timeout: 300_000 },
    async ({ annotate }) => {
      const { leader, other } = await startTwo('Fail');
      const { outcome, underway, begun } = load('killed-fail');
      await delay(4_000);
      const [underwayBefore, begunBefore] = [underway(), begun()];
      await stage.killAtOnce(leader);
      const atRisk = underwayBefore + begun() - begunBefore;
      const { created, failed, without, figures } = await outcome;
      await annotate(`${figures}; ${atRisk} were being created when it was killed`);
      expect(without).toEqual([]);
      expect(created + failed.length).toBe(total);
      expect(failed.length).toBeLessThanOrEqual(atRisk);
      for (const { namespace, name, text } of failed) {
        expect(text).toContain('failed calling webhook');
        // As the controllers of Kubernetes do.
        const again = await createAccount(stage.admin, namespace, name);
        expect(again).toMatchObject({ status: 201, text: expect.stringContaining(pullSecretName) });
      }
      await stage.retire(other);
    },
  );
});
