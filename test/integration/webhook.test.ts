import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { startWebhookStage, type WebhookReplica, type WebhookStage } from '../real-parts/webhook-stage.ts';
import { firstPodsWithout, numbered } from './first-pods.ts';

const configuration = {
  'acr-registry-info': enterpriseEntry,
  'service-account': '*',
  'webhook-configuration': 'enable: true\nfailure-policy: Ignore\ntimeout-seconds: 10\n',
};

describe.skipIf(noControlOfCluster !== undefined)('a Pod that is created with its namespace', () => {
  let stage: WebhookStage;
  let leader: WebhookReplica;

  beforeAll(async () => {
    stage = await startWebhookStage();
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'default,first-*' });
    leader = await stage.startWebhookReplica();
    await stage.awaitAdmission('default');
  });

  afterAll(() => stage?.stop());

  it('has the pull secret, 1,000 times in 1,000', async () => {
    expect(await firstPodsWithout(stage, numbered('first', 1_000))).toEqual([]);
  }, 400_000);

  it('has it 5 seconds after a change of scope, too', async () => {
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'default,first-*,second-*' });
    await delay(5_000);
    expect(await firstPodsWithout(stage, numbered('second', 200))).toEqual([]);
  }, 200_000);

  it('leaves nothing of ours behind where no leader was there when it was born, and keeps a user’s own mention', async () => {
    const { kubectl } = stage;
    const mention = { metadata: { name: 'own' }, imagePullSecrets: [{ name: pullSecretName }] };
    const widest = 'default,first-*,second-*,third';
    await kubectl.configure({ ...configuration, 'watch-namespace': widest });
    const other = await stage.startWebhookReplica();
    await stage.awaitAdmission('default');
    await stage.killAtOnce(leader);
    await kubectl.createNamespace('third');
    await kubectl.createServiceAccount('third', mention);
    await kubectl.awaitAttachment('third');
    expect(await kubectl.pullSecret('third')).toBeUndefined();
    await kubectl.awaitDockerConfig('third', undefined, 90_000);
    await kubectl.configure({ ...configuration, 'watch-namespace': 'default,first-*,second-*' });
    await waitUntil({ what: 'the namespace is left', withinMs: 60_000 }, async () => {
      return (await kubectl.pullSecret('third')) === undefined;
    });
    const { items } = await kubectl.api.listNamespacedServiceAccount({ namespace: 'third' });
    const found = items.map(({ metadata, imagePullSecrets }) => [
      metadata?.name,
      imagePullSecrets?.map(({ name }) => name),
      metadata?.annotations,
    ]);
    expect(found).toEqual([
      ['default', undefined, undefined],
      ['own', [pullSecretName], undefined],
    ]);
    await stage.retire(other);
  }, 300_000);
});
