import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { connectionTo } from './connection.ts';
import { Reflector } from './reflector.ts';
import { namespaces } from './resource.ts';
import {
  endsWell,
  errorLine,
  eventLine,
  events,
  list,
  refusal,
  resets,
  ScriptedApiServer,
  wireObject,
  type Answer,
} from './scripted-api-server.ts';

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function reflect(lists: Answer[], watches: Answer[]) {
  const clock = new VirtualClock();
  const server = new ScriptedApiServer(clock, { lists, watches });
  const connection = connectionTo(await server.start(), clock);
  const changes: string[] = [];
  const stop = new AbortController();
  const reflector = new Reflector(
    { connection, clock, logger: pino({ enabled: false }), random: () => 0.5 },
    {
      resource: namespaces,
      project: (raw) => raw.metadata.resourceVersion,
      onChange: (key, change) => changes.push(`${change} ${key.name}`),
      inactivityMs: 20_000,
    },
  );
  const running = reflector.run(stop.signal);
  cleanUps.push(async () => {
    stop.abort();
    await running;
    await connection.close();
    await server.stop();
  });
  /** Lets virtual time pass until it is so; each step leaves real time for the sockets. */
  const until = async (isSo: () => boolean) => {
    for (let step = 0; step < 400 && !isSo(); step++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await clock.advance(100);
    }
    expect(isSo(), `after ${changes.join(', ')}`).toBe(true);
  };
  return { server, reflector, changes, until, clock };
}

const [a, b] = [wireObject('a', '10'), wireObject('b', '11')];
const listOfA = list('10', [a]);
const listOfBoth = list('11', [a, b]);
const newsOfB = eventLine('ADDED', b);
const bookmark = eventLine('BOOKMARK', { metadata: { resourceVersion: '10' } });

interface Fault {
  readonly what: string;
  readonly lists: Answer[];
  readonly watches: Answer[];
  /** Each request: a list, or a watch with the version it goes on from. */
  readonly requests: string[];
}

const faults: Fault[] = [
  {
    what: 'no fault',
    lists: [listOfA],
    watches: [events([newsOfB])],
    requests: ['list', 'watch 10'],
  },
  {
    what: 'the first list is answered 503',
    lists: [refusal(503), listOfBoth],
    watches: [],
    requests: ['list', 'list', 'watch 11'],
  },
  {
    what: 'the first list is answered 500',
    lists: [refusal(500), listOfBoth],
    watches: [],
    requests: ['list', 'list', 'watch 11'],
  },
  {
    what: 'the connection is reset during the first list',
    lists: [resets, listOfBoth],
    watches: [],
    requests: ['list', 'list', 'watch 11'],
  },
  {
    what: 'the second page is gone',
    lists: [list('9', [a], 'more'), refusal(410), listOfBoth],
    watches: [],
    requests: ['list', 'list', 'list', 'watch 11'],
  },
  {
    what: 'the watch is answered 410',
    lists: [listOfA, listOfBoth],
    watches: [refusal(410)],
    requests: ['list', 'watch 10', 'list', 'watch 11'],
  },
  {
    what: 'the watch is answered 500',
    lists: [listOfA],
    watches: [refusal(500), events([newsOfB])],
    requests: ['list', 'watch 10', 'watch 10'],
  },
  {
    what: 'an ERROR event says 410',
    lists: [listOfA, listOfBoth],
    watches: [events([errorLine(410)], endsWell)],
    requests: ['list', 'watch 10', 'list', 'watch 11'],
  },
  {
    what: 'an ERROR event says 500',
    lists: [listOfA],
    watches: [events([errorLine(500)], endsWell), events([newsOfB])],
    requests: ['list', 'watch 10', 'watch 10'],
  },
  {
    what: 'an ERROR event says 400',
    lists: [listOfA, listOfBoth],
    watches: [events([errorLine(400)], endsWell)],
    requests: ['list', 'watch 10', 'list', 'watch 11'],
  },
  {
    what: 'the connection is reset after an event',
    lists: [list('9', [])],
    watches: [events([eventLine('ADDED', a)], resets), events([newsOfB])],
    requests: ['list', 'watch 9', 'watch 10'],
  },
  {
    what: 'the server closes the watch',
    lists: [list('9', [a])],
    watches: [events([bookmark], endsWell), events([newsOfB])],
    requests: ['list', 'watch 9', 'watch 10'],
  },
  {
    what: 'the stream holds a line that is not JSON',
    lists: [listOfA],
    watches: [events(['garbage']), events([newsOfB])],
    requests: ['list', 'watch 10', 'watch 10'],
  },
  {
    what: 'the stream ends in the middle of an event',
    lists: [listOfA],
    watches: [events([newsOfB.slice(0, 30)], endsWell), events([newsOfB])],
    requests: ['list', 'watch 10', 'watch 10'],
  },
  {
    what: 'the watch is open but silent',
    lists: [listOfA],
    watches: [events(), events([newsOfB])],
    requests: ['list', 'watch 10', 'watch 10'],
  },
];

test.each(faults)('the store is right again, with no request too many, when $what', async (fault) => {
  const { server, reflector, changes, until, clock } = await reflect(fault.lists, fault.watches);
  await until(() => reflector.store.size === 2);
  await until(() => server.seen.length === fault.requests.length);
  await clock.advance(5_000);
  const requests = server.seen.map(({ kind, query }) =>
    kind === 'list' ? kind : `${kind} ${query.get('resourceVersion')}`,
  );
  expect(requests).toEqual(fault.requests);
  expect(changes).toEqual(['added a', 'added b']);
});

test('a Retry-After is waited for', async () => {
  const { server, reflector, until } = await reflect([refusal(429, { 'retry-after': '7' }), listOfBoth], []);
  await until(() => reflector.isSynced);
  const [first, second] = server.seen.map(({ atMs }) => atMs);
  expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(7_000);
});

test('what vanished while nobody watched is noticed at the next list', async () => {
  const lists = [listOfBoth, list('20', [wireObject('b', '15')])];
  const { changes, until } = await reflect(lists, [refusal(410)]);
  await until(() => changes.length === 4);
  expect(changes).toEqual(['added a', 'added b', 'updated b', 'deleted a']);
});
