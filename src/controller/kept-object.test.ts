import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { FailureCode } from '../failures/catalogue.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { configMaps } from '../kubernetes/resource.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { KeptObject, type KeptObjectParts, type ObjectData } from './kept-object.ts';

interface RawKept {
  readonly data?: ObjectData;
  readonly metadata: { readonly annotations?: ObjectData };
}

const theirs = { 'example.com/theirs': '1' };
const ref = { resource: configMaps, namespace: 'kube-system', name: 'kept' };

describe('an object of our own', () => {
  let clock: VirtualClock;
  let stored: ObjectData | undefined;
  let writes: ObjectData[];
  let failNext: FailureCode[];
  let leading: AbortController;
  let parts: KeptObjectParts;
  let object: KeptObject;

  beforeEach(() => {
    clock = new VirtualClock();
    stored = undefined;
    writes = [];
    failNext = [];
    leading = new AbortController();
    const answer = ({ method, body }: ApiCall): unknown => {
      const code =
        failNext.shift() ?? (method === 'GET' && stored === undefined ? 'KUBERNETES_NOT_FOUND' : '');
      if (code !== '') throw new Failure(code, 'no');
      if (method === 'PATCH') {
        const { data, metadata }: Partial<RawKept> = body?.content ?? {};
        stored = data ?? metadata?.annotations ?? {};
        writes.push(stored);
      }
      return { data: stored, metadata: { annotations: { ...stored, ...theirs } } };
    };
    const connection: Pick<Connection, 'request'> = {
      request: async <T>(call: ApiCall) => Promise.resolve(answer(call) as T),
    };
    const logger = pino({ enabled: false });
    parts = { connection: connection as Connection, clock, logger, random: () => 0 };
    object = new KeptObject(parts, ref);
  });

  async function lead() {
    await object.read(leading.signal);
    void object.writeUntil(leading.signal);
    await clock.advance(0);
  }

  it('is written when there is something new to keep, and only then', async () => {
    stored = { a: '1' };
    object.keep({ a: '1' });
    await lead();
    expect(writes).toEqual([]);
    object.keep({ a: '2' });
    await clock.advance(0);
    object.keep({ a: '2' });
    await clock.advance(0);
    expect(writes).toEqual([{ a: '2' }]);
  });

  it('is written in its latest version when several come at once', async () => {
    await lead();
    for (const a of ['1', '2', '3']) object.keep({ a });
    await clock.advance(0);
    expect(writes).toEqual([{ a: '3' }]);
  });

  it('is tried again with growing pauses while the API server fails, in its latest version', async () => {
    await lead();
    failNext = ['KUBERNETES_UNREACHABLE', 'KUBERNETES_THROTTLED', 'KUBERNETES_FORBIDDEN'];
    object.keep({ a: '1' });
    await clock.advance(0);
    object.keep({ a: '2' });
    await clock.advance(10_000);
    expect(writes).toEqual([{ a: '2' }]);
    expect(failNext).toEqual([]);
  });

  it('is not written before or after the time of leading', async () => {
    object.keep({ a: '1' });
    await clock.advance(60_000);
    expect(writes).toEqual([]);
    await lead();
    leading.abort();
    object.keep({ a: '2' });
    await clock.advance(60_000);
    expect(writes).toEqual([{ a: '1' }]);
  });

  it.each([
    ['deleted', undefined],
    ['edited', { a: 'other' }],
    ['emptied', {}],
  ])('is written again within five minutes when somebody has %s it', async (_how, spoiled) => {
    await lead();
    object.keep({ a: '1' });
    await clock.advance(0);
    stored = spoiled;
    await clock.advance(300_000);
    expect(stored).toEqual({ a: '1' });
    await clock.advance(900_000);
    expect(writes).toHaveLength(2);
  });

  it('may be the add-on’s annotations, whatever other annotations there are', async () => {
    object = new KeptObject(parts, ref, 'annotations');
    await lead();
    object.keep({ 'acr-credential-helper/a': '1' });
    await clock.advance(0);
    stored = {};
    await clock.advance(900_000);
    expect(writes).toEqual([{ 'acr-credential-helper/a': '1' }, { 'acr-credential-helper/a': '1' }]);
  });

  it('is looked at in time also where the same is kept over and over', async () => {
    await lead();
    object.keep({ a: '1' });
    await clock.advance(0);
    stored = undefined;
    for (let minute = 0; minute < 5; minute += 1) {
      object.keep({ a: '1' });
      await clock.advance(60_000);
    }
    expect(stored).toEqual({ a: '1' });
  });

  it('is looked at the next time where it cannot be looked at now', async () => {
    await lead();
    object.keep({ a: '1' });
    await clock.advance(0);
    stored = undefined;
    failNext = ['KUBERNETES_UNREACHABLE'];
    await clock.advance(300_000);
    expect(stored).toBeUndefined();
    await clock.advance(300_000);
    expect(stored).toEqual({ a: '1' });
  });

  it('is read again until the API server has answered', async () => {
    stored = { a: '1' };
    failNext = ['KUBERNETES_UNREACHABLE', 'KUBERNETES_UNREACHABLE'];
    const reading = object.read(leading.signal);
    await clock.advance(10_000);
    expect(await reading).toEqual({ a: '1' });
  });

  it('counts as missing where it may not be read: the add-on has to work with older rights', async () => {
    failNext = ['KUBERNETES_FORBIDDEN'];
    expect(await object.read(leading.signal)).toBeUndefined();
  });
});
