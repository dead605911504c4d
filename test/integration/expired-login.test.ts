import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const wholeOutageMs = 60_000;

describe('a login that expires while the cloud is down', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
    await stage.kubectl.createNamespace('team-a');
    await stage.kubectl.configure({ 'acr-registry-info': enterpriseEntry, 'watch-namespace': 'team-a' });
    await stage.startReplica();
    await stage.kubectl.awaitDockerConfig('team-a');
    for (const service of ['container-registry', 'metadata'] as const) {
      await stage.cloud.setFault({ service, kind: 'reset' });
    }
  });

  afterAll(() => stage?.stop());

  it('is told of beside the ConfigMap in one Event, however often a new one is tried for', async () => {
    const events = await waitUntil({ what: 'an Event', withinMs: wholeOutageMs }, async () => {
      const { items } = await stage.kubectl.api.listNamespacedEvent({
        namespace: 'kube-system',
        fieldSelector: 'reason=LoginExpired',
      });
      return items.length > 0 && items;
    });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: 'Warning',
      involvedObject: { kind: 'ConfigMap', name: 'acr-configuration' },
      message: expect.stringContaining('the login of cri-sandbox00000001@cn-hangzhou has expired') as string,
    });
  });

  it('stays in the pull secret until there is a new one', async () => {
    const expired = await stage.kubectl.awaitDockerConfig('team-a');
    expect(Object.keys((JSON.parse(expired) as { auths: object }).auths).length).toBeGreaterThan(0);
    await stage.cloud.clearFaults();
    await stage.kubectl.awaitDockerConfig('team-a', expired, wholeOutageMs);
  });
});
