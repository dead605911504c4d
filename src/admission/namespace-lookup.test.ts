import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { NamespaceLookup } from './namespace-lookup.ts';

describe('a namespace that the watch has not shown', () => {
  let clock: VirtualClock;
  let calls: ApiCall[];
  let hasAnswered: PromiseWithResolvers<void>;
  let isThere: boolean;
  let lookup: NamespaceLookup;
  const { signal } = new AbortController();

  beforeEach(() => {
    clock = new VirtualClock();
    calls = [];
    hasAnswered = Promise.withResolvers();
    hasAnswered.resolve();
    isThere = true;
    const connection = {
      request: async <T>(call: ApiCall) => {
        calls.push(call);
        await hasAnswered.promise;
        if (!isThere) throw new Failure('KUBERNETES_NOT_FOUND', 'not there');
        return { metadata: { name: call.target.name, labels: { team: 'a' } } } as T;
      },
    } satisfies Pick<Connection, 'request'> as unknown as Connection;
    lookup = new NamespaceLookup({ connection, clock, logger: pino({ enabled: false }) });
  });

  it('is read', async () => {
    const found = { name: 'team-a', labels: { team: 'a' }, isOptedOut: false };
    expect(await lookup.read('team-a', signal)).toEqual(found);
  });

  it('is read once for all who ask meanwhile, and anew for who asks afterwards', async () => {
    hasAnswered = Promise.withResolvers();
    const all = Array.from({ length: 10 }, () => lookup.read('team-a', signal));
    hasAnswered.resolve();
    expect(new Set((await Promise.all(all)).map((each) => each?.name))).toEqual(new Set(['team-a']));
    expect(calls).toHaveLength(1);
    await lookup.read('team-a', signal);
    expect(calls).toHaveLength(2);
  });

  it('is still read for the others where one of them loses patience', async () => {
    hasAnswered = Promise.withResolvers();
    const impatient = new AbortController();
    const one = lookup.read('team-a', impatient.signal);
    const other = lookup.read('team-a', signal);
    impatient.abort(new Error('no patience'));
    await expect(one).rejects.toThrow('no patience');
    hasAnswered.resolve();
    expect(await other).toMatchObject({ name: 'team-a' });
  });

  it('is not asked for again at once where there is none, but soon', async () => {
    isThere = false;
    for (let count = 0; count < 10; count += 1) {
      expect(await lookup.read('team-a', signal)).toBeUndefined();
    }
    expect(calls).toHaveLength(1);
    isThere = true;
    await clock.advance(1_000);
    expect(await lookup.read('team-a', signal)).toMatchObject({ name: 'team-a' });
  });

  it('is not asked for where it cannot be, or where very many are', async () => {
    expect(await lookup.read('No Namespace', signal)).toBeUndefined();
    expect(calls).toHaveLength(0);
    for (let count = 0; count < 5_000; count += 1) await lookup.read(`made-up-${count}`, signal);
    expect(calls).toHaveLength(100);
    await clock.advance(1_000);
    expect(await lookup.read('team-a', signal)).toMatchObject({ name: 'team-a' });
  });
});
