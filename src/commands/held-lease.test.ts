import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import type { Lease } from '../kubernetes/lease-hold.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { whileHoldingLease } from './held-lease.ts';

const wish = { namespace: 'kube-system', name: 'lease', identity: 'cleanup', waitMs: 60_000 };

describe('while the Lease is held', () => {
  let clock: VirtualClock;
  let stop: AbortController;
  let lease: Lease | undefined;
  let version: number;
  let mayWrite: boolean;

  beforeEach(() => {
    clock = new VirtualClock();
    stop = new AbortController();
    lease = undefined;
    version = 0;
    mayWrite = true;
  });

  function heldBy(holderIdentity: string): void {
    version += 1;
    const metadata = { name: 'lease', resourceVersion: String(version) };
    lease = { metadata, spec: { holderIdentity, leaseDurationSeconds: 15 } };
  }

  function answer({ method, body, beforeSending }: ApiCall): unknown {
    beforeSending?.();
    if (method === 'GET') {
      if (lease === undefined) throw new Failure('KUBERNETES_NOT_FOUND', 'no Lease');
      return lease;
    }
    if (!mayWrite) throw new Failure('KUBERNETES_FORBIDDEN', 'no');
    const written = body?.content as Lease;
    if (lease !== undefined && written.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      throw new Failure('KUBERNETES_CONFLICT', 'somebody wrote in between');
    }
    heldBy(written.spec?.holderIdentity ?? '');
    return lease;
  }

  function hold<T>(work: (connection: Connection, holding: AbortSignal) => Promise<T>) {
    const connection: Pick<Connection, 'request'> = {
      request: async <R>(call: ApiCall) => Promise.resolve(answer(call) as R),
    };
    const logger = pino({ enabled: false });
    const parts = { connection: connection as Connection, clock, logger, random: () => 0 };
    return whileHoldingLease(parts, wish, work, stop.signal).catch((thrown: unknown) => thrown);
  }

  it('is worked, and the Lease is given back', async () => {
    const outcome = hold(async () => lease?.spec?.holderIdentity);
    await clock.advance(10_000);
    expect(await outcome).toBe('cleanup');
    expect(lease?.spec?.holderIdentity).toBe('');
  });

  it('is worked when a leader that has died has not renewed it for as long as it said', async () => {
    heldBy('dead');
    const outcome = hold(async () => clock.monotonicMs());
    await clock.advance(30_000);
    expect(await outcome).toBeGreaterThanOrEqual(15_000);
  });

  it('is never, where a leader goes on renewing it; it is told who does', async () => {
    heldBy('leader');
    const renewals = Array.from({ length: 40 }, (_, index) =>
      clock.schedule(index * 2_000, () => heldBy('leader')),
    );
    const outcome = hold(async () => 'worked');
    await clock.advance(80_000);
    for (const cancel of renewals) cancel();
    expect(await outcome).toMatchObject({
      code: 'ADD_ON_RUNNING',
      message: expect.stringContaining('leader still holds the Lease kube-system/lease after 60 s') as string,
    });
  });

  it('is never, where it may not be written; it is told so', async () => {
    mayWrite = false;
    const outcome = hold(async () => 'worked');
    await clock.advance(80_000);
    expect(await outcome).toMatchObject({ code: 'KUBERNETES_REFUSED' });
  });

  it('is worked all over again, where another took it on the way', async () => {
    const outcomes: string[] = [];
    const outcome = hold(async (connection, holding) => {
      if (outcomes.length > 0) return 'worked';
      heldBy('thief');
      await new Promise((resolve) => holding.addEventListener('abort', resolve));
      const resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
      const target = { resource, namespace: 'team-a', name: 'pull' };
      const written = connection.request({ method: 'DELETE', target, signal: stop.signal });
      outcomes.push(
        await written.then(
          () => 'written',
          () => 'kept back',
        ),
      );
      return 'interrupted';
    });
    await clock.advance(60_000);
    expect(await outcome).toBe('worked');
    expect(outcomes).toEqual(['kept back']);
  });

  it('is not waited for once it is stopped', async () => {
    heldBy('leader');
    clock.schedule(1_000, () => stop.abort(new Error('stopped')));
    const outcome = hold(async () => 'worked');
    await clock.advance(2_000);
    expect(await outcome).toMatchObject({ message: 'stopped' });
  });
});
