import { beforeEach, describe, expect, it } from 'vitest';
import type { ObservedPod } from '../pull-secrets/waiting-pod.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { PodGenerations } from './pod-generations.ts';

const minuteMs = 60_000;
const controller = 'of-the-replica-set';

function pod(uid: string): ObservedPod {
  return {
    namespace: 'team-a',
    name: uid,
    uid,
    resourceVersion: '1',
    serviceAccount: 'default',
    pullSecrets: [],
    hasOwnPullSecrets: false,
    images: [],
    origin: { kind: 'replaced', uid: controller },
  };
}

describe('the Pods of a controller', () => {
  let clock: VirtualClock;
  let generations: PodGenerations;

  beforeEach(() => {
    clock = new VirtualClock();
    generations = new PodGenerations(clock);
    look('one', 'two');
  });

  function look(...uids: readonly string[]): void {
    generations.begin(new Set([controller]), uids.map(pod));
  }

  const isSuccessor = (uid: string) => generations.isSuccessor(pod(uid), controller);

  it('that were there at the first look are no successors, and who comes later is one', () => {
    look('two', 'three');
    expect(['one', 'two', 'three'].map(isSuccessor)).toEqual([false, false, true]);
  });

  it('begin anew ten minutes after the first look', async () => {
    await clock.advance(10 * minuteMs);
    look('three');
    expect(isSuccessor('three')).toBe(false);
  });

  it('stay successors until ten minutes after the last delete', async () => {
    await clock.advance(9 * minuteMs);
    generations.noteDelete(controller);
    await clock.advance(9 * minuteMs);
    look('three');
    expect(isSuccessor('three')).toBe(true);
    await clock.advance(minuteMs);
    look('three');
    expect(isSuccessor('three')).toBe(false);
  });
});
