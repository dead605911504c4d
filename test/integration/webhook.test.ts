import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterpriseEntry } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { startWebhookStage, type WebhookStage } from '../real-parts/webhook-stage.ts';
import { firstPodsWithout, numbered } from './first-pods.ts';

const configuration = {
  'acr-registry-info': enterpriseEntry,
  'service-account': '*',
  'webhook-configuration': 'enable: true\nfailure-policy: Ignore\ntimeout-seconds: 10\n',
};

describe.skipIf(noControlOfCluster !== undefined)('a Pod that is created with its namespace', () => {
  let stage: WebhookStage;

  beforeAll(async () => {
    stage = await startWebhookStage();
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'default,first-*' });
    await stage.startWebhookReplica();
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
});
