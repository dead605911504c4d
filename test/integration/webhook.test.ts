import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forEachAtMost } from '../../src/runtime/at-most.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { startWebhookStage, type WebhookStage } from '../real-parts/webhook-stage.ts';

const configuration = {
  'acr-registry-info': enterpriseEntry,
  'service-account': '*',
  'webhook-configuration': 'enable: true\nfailure-policy: Ignore\ntimeout-seconds: 10\n',
};

const some = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

describe.skipIf(noControlOfCluster !== undefined)('a Pod that is created with its namespace', () => {
  let stage: WebhookStage;

  beforeAll(async () => {
    stage = await startWebhookStage();
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'default,first-*' });
    await stage.startWebhookReplica();
    await stage.awaitAdmission('default');
  });

  afterAll(() => stage?.stop());

  /** The Pods without the pull secret, each created as soon as the controller-manager has made its account. */
  async function podsWithout(namespaces: readonly string[]): Promise<string[]> {
    const without: string[] = [];
    await forEachAtMost(32, namespaces, async (namespace) => {
      await stage.kubectl.createNamespace(namespace);
      const text = await createPod(namespace);
      const { spec } = JSON.parse(text) as { spec: { imagePullSecrets?: { name: string }[] } };
      if (spec.imagePullSecrets?.some(({ name }) => name === pullSecretName) !== true)
        without.push(namespace);
    });
    return without;
  }

  async function createPod(namespace: string): Promise<string> {
    const body = {
      metadata: { name: 'first' },
      spec: { containers: [{ name: 'main', image: 'registry.example/app:1' }] },
    };
    for (;;) {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const { status, text } = await stage.admin.call({ method: 'POST', path, body });
      if (status === 201) return text;
      // The account is still to come.
      expect({ status, text }).toMatchObject({
        status: 403,
        text: expect.stringContaining('serviceaccount') as string,
      });
      await delay(10);
    }
  }

  it('has the pull secret, 1,000 times in 1,000', async () => {
    expect(await podsWithout(some('first', 1_000))).toEqual([]);
  }, 400_000);

  it('has it 5 seconds after a change of scope, too', async () => {
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'default,first-*,second-*' });
    await delay(5_000);
    expect(await podsWithout(some('second', 200))).toEqual([]);
  }, 200_000);
});
