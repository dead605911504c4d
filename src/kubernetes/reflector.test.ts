import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Failure } from '../failures/failure.ts';
import { sleep } from '../runtime/clock.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { ApiCall, Connection } from './connection.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import { secrets } from './resource.ts';

const hourMs = 3_600_000;

type Lines = (call: ApiCall) => AsyncIterable<string>;

const silent: Lines = async function* (call) {
  yield* [];
  await new Promise((_, reject) =>
    call.signal.addEventListener('abort', () => reject(call.signal.reason as Error)),
  );
};

const ended: Lines = async function* () {
  yield* [];
};

const refused: Lines = async function* () {
  yield* [];
  throw new Failure('KUBERNETES_GONE', 'gone');
};

const broken: Lines = async function* () {
  yield* [];
  throw unreachable();
};

function stage(
  lists: (call: ApiCall) => unknown,
  lines: Lines,
  more: Partial<ReflectorOptions<string>> = {},
) {
  const clock = new VirtualClock();
  const calls: ApiCall[] = [];
  const connection: Connection = {
    request: async <T>(call: ApiCall) => {
      calls.push(call);
      return lists(call) as T;
    },
    lines: (call) => {
      calls.push(call);
      return lines(call);
    },
    close: () => Promise.resolve(),
  };
  const parts = { connection, clock, logger: pino({ enabled: false }), random: () => 0.5 };
  const reflector = new Reflector<string>(parts, {
    resource: secrets,
    project: (raw) => raw.metadata.name,
    onChange: () => undefined,
    ...more,
  });
  const stop = new AbortController();
  return { clock, calls, reflector, stop };
}

const emptyList = () => ({ metadata: { resourceVersion: '5' }, items: [] });
const inNamespace = (name: string) => ({ metadata: { name, namespace: 'n', resourceVersion: '1' } });
const unreachable = () => new Failure('KUBERNETES_UNREACHABLE', 'down');

test.each<[string, Lines]>([
  ['refuses each watch', refused],
  ['ends each watch at once', ended],
])('a server that %s is asked ever more slowly', async (_, lines) => {
  const { clock, calls, reflector, stop } = stage(emptyList, lines);
  const running = reflector.run(stop.signal);
  await clock.advance(hourMs);
  stop.abort();
  await running;
  // Two requests each 22.5 s, and a few more at the start.
  expect(calls.length).toBeLessThan(2 * (3600 / 22.5) + 20);
  expect(calls.length).toBeGreaterThan(100);
});

test('a server that is down is asked ever more slowly, and the pauses start anew after a good watch', async () => {
  let isDown = true;
  const { clock, calls, reflector, stop } = stage(() => {
    if (isDown) throw unreachable();
    return emptyList();
  }, silent);
  const running = reflector.run(stop.signal);
  await clock.advance(hourMs);
  expect(calls.length).toBeLessThan(3600 / 22.5 + 20);
  isDown = false;
  await clock.advance(30_000);
  expect(reflector.isSynced).toBe(true);
  const before = calls.length;
  // The watch is silent for 3 minutes, then taken for dead and resumed within a second.
  await clock.advance(3 * 60_000 + 1_000);
  expect(calls.length).toBe(before + 1);
  stop.abort();
  await running;
});

const twoPages = (call: ApiCall) =>
  call.query?.['continue'] === undefined
    ? { metadata: { resourceVersion: '5', continue: 'more' }, items: [inNamespace('a')] }
    : { metadata: { resourceVersion: '6' }, items: [inNamespace('b')] };

test('the first list may come from the server’s memory, later ones not, and pages follow each other', async () => {
  const { clock, calls, reflector, stop } = stage(twoPages, refused);
  const running = reflector.run(stop.signal);
  await clock.advance(700);
  stop.abort();
  await running;
  expect(calls.slice(0, 5).map(({ query }) => [query?.['resourceVersion'], query?.['continue']])).toEqual([
    ['0', undefined],
    [undefined, 'more'],
    ['6', undefined],
    [undefined, undefined],
    [undefined, 'more'],
  ]);
  expect([...reflector.store.values('n')]).toEqual(['a', 'b']);
});

test('selectors, namespace, and the wish for metadata only are in each request', async () => {
  const { clock, calls, reflector, stop } = stage(emptyList, silent, {
    namespace: 'n',
    fieldSelector: 'metadata.name=x',
    labelSelector: 'a=b',
    metadataOnly: true,
  });
  const running = reflector.run(stop.signal);
  await clock.advance(0);
  stop.abort();
  await running;
  const shape = {
    target: { namespace: 'n' },
    query: { fieldSelector: 'metadata.name=x', labelSelector: 'a=b' },
  };
  expect(calls).toMatchObject([
    { ...shape, accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
    { ...shape, accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' },
  ]);
});

test('whoever waits for the first list is let go by a signal, too', async () => {
  const { clock, reflector, stop } = stage(() => {
    throw unreachable();
  }, silent);
  const running = reflector.run(stop.signal);
  const waiting = reflector.whenSynced(stop.signal).catch((thrown: unknown) => thrown);
  await clock.advance(60_000);
  stop.abort(new Error('enough'));
  expect(await waiting).toEqual(new Error('enough'));
  await running;
});

test('a defect in what is called for a change surfaces', async () => {
  const { reflector, stop } = stage(twoPages, silent, {
    onChange: () => {
      throw new TypeError('a defect');
    },
  });
  await expect(reflector.run(stop.signal)).rejects.toThrow('a defect');
});

test('a quiet watch that sends its bookmarks is left alone', async () => {
  const clockOf: { clock?: VirtualClock } = {};
  const bookmarks: Lines = async function* (call) {
    for (let version = 6; clockOf.clock !== undefined; version++) {
      await sleep(clockOf.clock, 60_000, call.signal);
      yield JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } });
    }
  };
  const { clock, calls, reflector, stop } = stage(emptyList, bookmarks);
  clockOf.clock = clock;
  const running = reflector.run(stop.signal);
  await clock.advance(hourMs);
  expect(calls.length).toBe(2);
  stop.abort();
  await running;
});

test('a watch that never works from one version is given up for a new list', async () => {
  const { clock, calls, reflector, stop } = stage(emptyList, broken);
  const running = reflector.run(stop.signal);
  await clock.advance(10 * 60_000);
  stop.abort();
  await running;
  const lists = calls.filter(({ query }) => query?.['watch'] === undefined);
  expect(lists.length).toBeGreaterThan(1);
});

test('the first 410 after a long outage is followed by a list within a second', async () => {
  let state: 'down' | 'back' = 'down';
  const outage: Lines = async function* () {
    yield* [];
    throw state === 'down' ? unreachable() : new Failure('KUBERNETES_GONE', 'gone');
  };
  const { clock, calls, reflector, stop } = stage(emptyList, outage);
  const running = reflector.run(stop.signal);
  await clock.advance(100_000);
  const before = calls.length;
  state = 'back';
  // At most one whole pause until the 410 is heard, and the first pause after it.
  await clock.advance(22_500 + 700);
  const kinds = calls.slice(before).map(({ query }) => (query?.['watch'] === undefined ? 'list' : 'watch'));
  expect(kinds.slice(0, 2)).toEqual(['watch', 'list']);
  stop.abort();
  await running;
});
