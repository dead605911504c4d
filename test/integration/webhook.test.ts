import { setTimeout as delay } from 'node:timers/promises';
import { CoordinationV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { startWebhookStage, type WebhookReplica, type WebhookStage } from '../real-parts/webhook-stage.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';
import { isAttachedAgain } from './detaching.ts';
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
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'default' });
    leader = await stage.startWebhookReplica();
    await stage.awaitAdmission('default');
  });

  afterAll(() => stage?.stop());

  /** As if somebody led who does nothing. Until the Lease is given back, nobody leads. */
  async function holdLease(holderIdentity: string, leaseDurationSeconds: number): Promise<void> {
    await stage.controlPlane.kubeConfig.makeApiClient(CoordinationV1Api).patchNamespacedLease(
      {
        namespace: 'kube-system',
        name: 'aliyun-acr-credential-helper',
        body: { spec: { holderIdentity, leaseDurationSeconds } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  }

  it('has the pull secret, 1,000 times in 1,000, from 5 s after a change of scope', async () => {
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'default,first-*' });
    await delay(5_000);
    expect(await firstPodsWithout(stage, numbered('first', 1_000))).toEqual([]);
  }, 600_000);

  it('leaves to the add-on what the add-on takes away, and to nobody else', async ({ skip }) => {
    // Older ones have no match conditions for webhooks either.
    const whyNot = await whyTooOld(stage.controlPlane.kubeConfig);
    skip(whyNot !== undefined, whyNot);
    const account = { namespace: 'first-0', name: 'default' };
    expect(await isAttachedAgain(stage.controlPlane.kubeConfig, account)).toBe(true);
    expect(await isAttachedAgain(leader.addOn.kubeConfigFile, account)).toBe(false);
  });

  it('leaves nothing of ours behind where no leader was there when it was born, and keeps a user’s own mention', async () => {
    const { kubectl } = stage;
    const mention = { metadata: { name: 'own' }, imagePullSecrets: [{ name: pullSecretName }] };
    const widest = 'default,first-*,third';
    await kubectl.configure({ ...configuration, 'watch-namespace': widest });
    const other = await stage.startWebhookReplica();
    await stage.awaitAdmission('default');
    await stage.killAtOnce(leader);
    await holdLease('nobody', 3_600);
    await kubectl.createNamespace('third');
    await kubectl.createServiceAccount('third', mention);
    await kubectl.awaitAttachment('third');
    expect(await kubectl.pullSecret('third')).toBeUndefined();
    await holdLease('', 1);
    await kubectl.awaitDockerConfig('third', undefined, 90_000);
    await kubectl.configure({ ...configuration, 'watch-namespace': 'default,first-*' });
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
