import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Failure } from '../failures/failure.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { ApiCall, Connection } from './connection.ts';
import { LeaseElection } from './lease-election.ts';
import type { Lease } from './lease-hold.ts';

/** What becomes of one request: it may be lost on the way there, on the way back, or be late. */
interface Fate {
  readonly kind: 'served' | 'request lost' | 'answer lost';
  readonly delayMs: number;
}

const served: Fate = { kind: 'served', delayMs: 5 };

/** The Lease API of one server, with its optimistic concurrency, in memory. */
class LeaseServer {
  lease: Lease | undefined;
  #version = 0;

  serve(call: ApiCall): Lease {
    const sent = call.body?.content as Lease | undefined;
    if (call.method === 'POST') {
      if (this.lease !== undefined) throw new Failure('KUBERNETES_CONFLICT', 'exists');
    } else {
      if (this.lease === undefined) throw new Failure('KUBERNETES_NOT_FOUND', 'no lease');
      if (call.method === 'GET') return this.lease;
      const isStale = sent?.metadata.resourceVersion !== this.lease.metadata.resourceVersion;
      if (isStale) throw new Failure('KUBERNETES_CONFLICT', 'stale');
    }
    if (sent === undefined) throw new Error('nothing sent');
    this.#version += 1;
    this.lease = { ...sent, metadata: { ...sent.metadata, resourceVersion: String(this.#version) } };
    return this.lease;
  }
}

function connectionWith(server: LeaseServer, clock: Clock, nextFate: () => Fate): Connection {
  return {
    async request<T>(call: ApiCall) {
      const fate = nextFate();
      const limitMs = call.deadlineMs ?? 30_000;
      const lost = async (afterMs: number): Promise<never> => {
        await sleep(clock, Math.max(limitMs - afterMs, 0), call.signal);
        throw new Failure('KUBERNETES_UNREACHABLE', 'not in time');
      };
      const isLate = fate.delayMs >= limitMs;
      if (fate.kind === 'request lost' || isLate) return lost(0);
      await sleep(clock, fate.delayMs, call.signal);
      const answer = server.serve(call) as T;
      return fate.kind === 'answer lost' ? lost(fate.delayMs) : answer;
    },
    lines: () => {
      throw new Error('an election does not watch');
    },
    close: () => Promise.resolve(),
  };
}

/** The same time, on a machine whose clock is wrong. */
function skewed(clock: Clock, byMs: () => number): Clock {
  return {
    nowMs: () => clock.nowMs() + byMs(),
    monotonicMs: () => clock.monotonicMs() + 1e6,
    schedule: (delayMs, task) => clock.schedule(delayMs, task),
  };
}

interface Candidate {
  readonly stop: AbortController;
  readonly running: Promise<void>;
  isCutOff: boolean;
  /** How far its machine's clock is ahead. */
  skewMs: number;
}

function stage() {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  const startMs = clock.nowMs();
  const leading = new Set<string>();
  const log: string[] = [];
  let mostLeading = 0;
  const note = (text: string) => log.push(`${Math.round((clock.nowMs() - startMs) / 100) / 10} s ${text}`);

  const stand = (identity: string, skewMs = 0, fates: () => Fate = () => served): Candidate => {
    const candidate = { isCutOff: false, skewMs };
    const own = skewed(clock, () => candidate.skewMs);
    const nextFate = () => (candidate.isCutOff ? ({ kind: 'request lost', delayMs: 0 } as const) : fates());
    const connection = connectionWith(server, own, nextFate);
    const parts = { connection, clock: own, logger: pino({ enabled: false }), random: () => 0 };
    const election = new LeaseElection(parts, { namespace: 'n', name: 'leader', identity });
    const stop = new AbortController();
    const running = election.run(stop.signal, async (signal) => {
      leading.add(identity);
      mostLeading = Math.max(mostLeading, leading.size);
      note(`${identity} leads`);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      leading.delete(identity);
      note(`${identity} ends`);
    });
    return Object.assign(candidate, { stop, running });
  };
  const end = async (...candidates: Candidate[]) => {
    for (const { stop } of candidates) stop.abort();
    const running = Promise.all(candidates.map((candidate) => candidate.running));
    await clock.advance(20_000);
    await running;
  };
  return { clock, server, leading, log, stand, end, mostLeading: () => mostLeading };
}

test('one of several leads, and stays while nothing goes wrong', async () => {
  const { clock, log, stand, end } = stage();
  const all = [stand('a'), stand('b'), stand('c')];
  await clock.advance(600_000);
  expect(log).toEqual(['0 s a leads']);
  await end(...all);
});

test('a graceful stop lets another lead at its next look, not after the lease has run out', async () => {
  const { clock, server, log, stand, end } = stage();
  const a = stand('a');
  await clock.advance(1_000);
  const b = stand('b');
  await clock.advance(60_000);
  a.stop.abort();
  await clock.advance(2_100);
  expect(log.map((line) => line.replace(/^.* s /, ''))).toEqual(['a leads', 'a ends', 'b leads']);
  expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  await end(a, b);
});

test('a leader that is cut off ends before another begins, and leads again only as a new term', async () => {
  const { clock, log, leading, stand, end } = stage();
  const a = stand('a');
  await clock.advance(5_000);
  const b = stand('b');
  await clock.advance(5_000);
  a.isCutOff = true;
  await clock.advance(30_000);
  const [, ended, began] = log.map((line) => Number.parseFloat(line));
  expect(log.map((line) => line.replace(/^.* s /, ''))).toEqual(['a leads', 'a ends', 'b leads']);
  expect(Number(began) - Number(ended)).toBeGreaterThan(4);
  a.isCutOff = false;
  await clock.advance(60_000);
  expect([...leading]).toEqual(['b']);
  await end(a, b);
});

test('a renewal counts from when it was sent, however late its answer comes', async () => {
  const { clock, log, stand, end } = stage();
  let fate: Fate = served;
  const a = stand('a', 0, () => fate);
  await clock.advance(3_000);
  // Sent at 4.01 s, written at 8.01 s, and the last one that gets through.
  fate = { kind: 'served', delayMs: 4_000 };
  await clock.advance(1_100);
  fate = { kind: 'request lost', delayMs: 0 };
  await clock.advance(20_000);
  expect(Number.parseFloat(String(log[1]))).toBeCloseTo(14, 0);
  await end(a);
});

test('the other’s clock does not matter, be it years ahead or behind', async () => {
  const { clock, log, stand, end } = stage();
  const yearMs = 365 * 24 * 3_600_000;
  const a = stand('a', yearMs);
  await clock.advance(100);
  const all = [a, stand('b', -yearMs), stand('c')];
  await clock.advance(120_000);
  expect(log).toEqual(['0 s a leads']);
  await end(...all);
});

test('a clock that is set, on the leader or on a standby, changes nothing', async () => {
  const { clock, log, stand, end } = stage();
  const a = stand('a');
  await clock.advance(1_000);
  const b = stand('b');
  await clock.advance(10_000);
  for (const stepMs of [20_000, -3_600_000]) {
    for (const candidate of [a, b]) {
      // While a renewal is late: otherwise each look shows a change, and nothing depends on the time.
      a.isCutOff = true;
      await clock.advance(3_000);
      candidate.skewMs += stepMs;
      await clock.advance(3_000);
      a.isCutOff = false;
      await clock.advance(60_000);
    }
  }
  expect(log).toEqual(['0 s a leads']);
  await end(a, b);
});

test('a leader that was paused knows on waking that its term is over, before its timers tell it', async () => {
  const { clock, server } = stage();
  const connection = connectionWith(server, clock, () => served);
  const parts = { connection, clock, logger: pino({ enabled: false }), random: () => 0 };
  const election = new LeaseElection(parts, { namespace: 'n', name: 'leader', identity: 'a' });
  const stop = new AbortController();
  const answers: string[] = [];
  const ask = (leading: AbortSignal) => {
    try {
      election.ensureLeading();
      answers.push('leads');
    } catch (thrown) {
      answers.push(thrown === leading.reason ? 'has lost' : 'is none');
    }
  };
  const terms: AbortSignal[] = [];
  const running = election.run(stop.signal, async (leading) => {
    terms.push(leading);
    ask(leading);
    // Due before the next renewal, and so before all that the election itself would notice.
    clock.schedule(500, () => ask(leading));
    clock.schedule(900, () => ask(leading));
    await new Promise((resolve) => leading.addEventListener('abort', resolve, { once: true }));
  });
  await clock.advance(600);
  clock.pause(20_000);
  await clock.advance(0);
  expect(answers.slice(0, 3)).toEqual(['leads', 'leads', 'has lost']);
  const [first] = terms;
  stop.abort();
  await clock.advance(20_000);
  await running;
  if (first !== undefined) ask(first);
  expect(answers.at(-1)).toBe('is none');
});

test('a trouble with the lease that lasts is told once', async () => {
  const { clock } = stage();
  const told: string[] = [];
  const logger = pino(
    { level: 'warn' },
    { write: (line) => told.push((JSON.parse(line) as { message: string }).message) },
  );
  const messages = ['forbidden', 'forbidden', 'forbidden', 'unreachable', 'unreachable', 'forbidden'];
  const connection: Connection = {
    request: () => Promise.reject(new Failure('KUBERNETES_FORBIDDEN', messages.shift() ?? 'forbidden')),
    lines: () => {
      throw new Error('an election does not watch');
    },
    close: () => Promise.resolve(),
  };
  const parts = { connection, clock, logger, random: () => 0 };
  const stop = new AbortController();
  const running = new LeaseElection(parts, { namespace: 'n', name: 'leader', identity: 'a' }).run(
    stop.signal,
    () => Promise.resolve(),
  );
  await clock.advance(30_000);
  expect(told).toEqual(['forbidden', 'unreachable', 'forbidden']);
  stop.abort();
  await running;
});

test('somebody else’s name in the lease ends the term at the next look', async () => {
  const { clock, server, log, stand, end } = stage();
  const a = stand('a');
  await clock.advance(10_000);
  const { lease } = server;
  server.lease = {
    metadata: { name: 'leader', resourceVersion: 'by hand' },
    spec: { ...lease?.spec, holderIdentity: 'thief' },
  };
  await clock.advance(4_500);
  expect(log.at(-1)).toMatch(/a ends$/);
  await end(a);
});

test('a deleted lease is made again by its holder; others respect him while he may not know', async () => {
  const { clock, server, log, stand, end } = stage();
  const a = stand('a');
  await clock.advance(1_000);
  const b = stand('b');
  await clock.advance(10_000);
  server.lease = undefined;
  await clock.advance(60_000);
  expect(log).toEqual(['0 s a leads']);
  await end(a, b);
});

test('the lease is kept until the work has ended, however long that takes after the abort', async () => {
  const { clock, server } = stage();
  const connection = connectionWith(server, clock, () => served);
  const parts = { connection, clock, logger: pino({ enabled: false }), random: () => 0 };
  const election = new LeaseElection(parts, { namespace: 'n', name: 'leader', identity: 'a' });
  const stop = new AbortController();
  const work = Promise.withResolvers<void>();
  const running = election.run(stop.signal, () => work.promise);
  await clock.advance(1_000);
  stop.abort();
  await clock.advance(40_000);
  expect(server.lease?.spec?.holderIdentity).toBe('a');
  expect(Date.parse(String(server.lease?.spec?.renewTime))).toBeGreaterThan(clock.nowMs() - 5_000);
  work.resolve();
  await clock.advance(100);
  await running;
  expect(server.lease?.spec?.holderIdentity).toBe('');
});

test('times are written with the six digits that the API server insists on', async () => {
  const { clock, server, stand, end } = stage();
  const a = stand('a');
  await clock.advance(100);
  expect(server.lease?.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  await end(a);
});

test('work that fails gives the lease back and surfaces', async () => {
  const { clock, server } = stage();
  const connection = connectionWith(server, clock, () => served);
  const parts = { connection, clock, logger: pino({ enabled: false }), random: () => 0 };
  const election = new LeaseElection(parts, { namespace: 'n', name: 'leader', identity: 'a' });
  const running = election.run(new AbortController().signal, () => Promise.reject(new TypeError('a defect')));
  const surfaced = running.catch((thrown: unknown) => thrown);
  await clock.advance(1_000);
  expect(await surfaced).toEqual(new TypeError('a defect'));
  expect(server.lease?.spec?.holderIdentity).toBe('');
});

const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(served) },
  fc.record({
    kind: fc.constantFrom('served' as const, 'request lost' as const, 'answer lost' as const),
    delayMs: fc.integer({ min: 0, max: 8_000 }),
  }),
);
const disturbances = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    who: fc.nat({ max: 2 }),
    isCutOff: fc.boolean(),
    clockStepMs: fc.oneof(fc.constant(0), fc.integer({ min: -1e9, max: 1e9 })),
  }),
  { maxLength: 12 },
);

test('there are never two leaders, whatever is lost, late or set anew on a clock, and one in the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fates, { maxLength: 120 }),
      disturbances,
      fc.array(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 3, maxLength: 3 }),
      async (fates, disturbances, skews) => {
        const { clock, stand, end, leading, mostLeading } = stage();
        const remaining = [...fates];
        const next = () => remaining.shift() ?? served;
        const all = skews.map((skewMs, n) => stand(`candidate ${n}`, skewMs, next));
        for (const { afterMs, who, isCutOff, clockStepMs } of disturbances) {
          await clock.advance(afterMs);
          const candidate = all[who];
          if (candidate === undefined) continue;
          candidate.isCutOff = isCutOff;
          candidate.skewMs += clockStepMs;
        }
        for (const candidate of all) candidate.isCutOff = false;
        await clock.advance(300_000);
        expect(mostLeading()).toBe(1);
        expect(leading.size).toBe(1);
        await end(...all);
        expect(leading.size).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
