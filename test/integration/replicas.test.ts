import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';

describe('two replicas', () => {
  let stage: Stage;
  let first: AddOn;
  let second: AddOn;

  beforeAll(async () => {
    stage = await startStage();
    const watched = 'at-first,after-a-stop,after-a-kill';
    await stage.kubectl.configure({ 'acr-registry-info': enterpriseEntry, 'watch-namespace': watched });
    await stage.kubectl.createNamespace('at-first');
    first = await stage.startReplica();
    await stage.kubectl.awaitDockerConfig('at-first');
    second = await stage.startReplica();
    await waitUntil({ what: 'the standby is ready', withinMs: 10_000 }, async () =>
      (await second.health('readyz')).includes('ok'),
    );
  });

  afterAll(() => stage?.stop());

  async function servesWithin(namespace: string, withinMs: number) {
    await stage.kubectl.createNamespace(namespace);
    await stage.kubectl.awaitDockerConfig(namespace, undefined, withinMs);
  }

  it('have one leader, and the other only watches', () => {
    expect(first.output()).toContain('became the leader');
    expect(second.output()).not.toContain('became the leader');
    expect(second.output()).not.toContain('minted');
  });

  it('hand over at once when the leader is stopped', async () => {
    expect(await first.stop()).toEqual({ exitCode: 0, signal: null });
    // The standby looks at the lease every 2 to 2.4 seconds.
    // A standby looks at the lease every 2.0–2.4 s; without the release it would take 15 s.
    await servesWithin('after-a-stop', 5_000);
    expect(second.output()).toContain('became the leader');
  });

  it('replace a leader that was killed, once its lease has run out', async () => {
    const third = await stage.startReplica();
    await second.kill();
    await servesWithin('after-a-kill', 25_000);
    expect(third.output()).toContain('became the leader');
  });
});
