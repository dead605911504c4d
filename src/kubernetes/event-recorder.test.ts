import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { ApiCall, Connection } from './connection.ts';
import { EventRecorder, type ClusterEvent } from './event-recorder.ts';
import { configMaps, namespaces } from './resource.ts';

const minuteMs = 60_000;
const refused: ClusterEvent = {
  regarding: { resource: configMaps, namespace: 'kube-system', name: 'acr-configuration', uid: 'u1' },
  type: 'Warning',
  reason: 'ConfigurationRefused',
  note: 'write a list',
};

interface SentEvent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly involvedObject: object;
}

function setUp(answer: () => Failure | undefined = () => undefined) {
  const sent: SentEvent[] = [];
  const clock = new VirtualClock();
  const connection: Connection = {
    async request<T>(call: ApiCall) {
      const failure = answer();
      if (failure !== undefined) throw failure;
      sent.push(call.body?.content as SentEvent);
      return {} as T;
    },
    lines: () => {
      throw new Error('a recorder does not watch');
    },
    close: () => Promise.resolve(),
  };
  const start = () => new EventRecorder({ connection, clock, logger: pino({ level: 'silent' }) });
  const recorder = start();
  const leading = new AbortController();
  recorder.recordUntil(leading.signal);
  return { sent, clock, recorder, leading, start };
}

describe('the event recorder', () => {
  it('writes one Event for what happens for the first time, beside its object', () => {
    const { recorder, sent } = setUp();
    recorder.record(refused);
    expect(sent).toMatchObject([
      {
        metadata: { namespace: 'kube-system' },
        involvedObject: { kind: 'ConfigMap', name: 'acr-configuration', uid: 'u1' },
        message: 'write a list',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
      },
    ]);
  });

  it('counts repetitions in the same Event, written at most once in 15 minutes', async () => {
    const { recorder, sent, clock } = setUp();
    for (let minute = 0; minute < 31; minute++) {
      recorder.record(refused);
      await clock.advance(minuteMs);
    }
    expect(sent.map(({ count, lastTimestamp }) => [count, lastTimestamp])).toEqual([
      [1, '2026-01-01T00:00:00Z'],
      [16, '2026-01-01T00:15:00Z'],
      [31, '2026-01-01T00:30:00Z'],
    ]);
    expect(new Set(sent.map(({ metadata }) => metadata.name)).size).toBe(1);
    expect(new Set(sent.map(({ firstTimestamp }) => firstTimestamp)).size).toBe(1);
  });

  it('starts anew after an hour of silence, when the API server has forgotten it too', async () => {
    const { recorder, sent, clock } = setUp();
    recorder.record(refused);
    await clock.advance(61 * minuteMs);
    recorder.record(refused);
    expect(sent.map(({ count }) => count)).toEqual([1, 1]);
  });

  it('keeps a topic in one Event, with the note of the time it was written', async () => {
    const { recorder, sent, clock } = setUp();
    recorder.record({ ...refused, topic: 'cri-a', note: 'request id 1' });
    await clock.advance(20 * minuteMs);
    recorder.record({ ...refused, topic: 'cri-a', note: 'request id 2' });
    expect(sent.map(({ message, count }) => [message, count])).toEqual([
      ['request id 1', 1],
      ['request id 2', 2],
    ]);
    expect(sent[1]?.metadata.name).toBe(sent[0]?.metadata.name);
  });

  it('writes the same Event again after a restart, and others under other names', () => {
    const { recorder, sent, start, leading } = setUp();
    recorder.record(refused);
    const restarted = start();
    restarted.recordUntil(leading.signal);
    restarted.record(refused);
    restarted.record({ ...refused, note: 'write something else' });
    restarted.record({ ...refused, regarding: { ...refused.regarding, uid: 'u2' } });
    const names = sent.map(({ metadata }) => metadata.name);
    expect(names[1]).toBe(names[0]);
    expect(new Set(names).size).toBe(3);
  });

  it('puts an Event about a namespace into that namespace', () => {
    const { recorder, sent } = setUp();
    recorder.record({ ...refused, regarding: { resource: namespaces, name: 'team-a', uid: 'u' } });
    expect(sent[0]?.metadata.namespace).toBe('team-a');
    expect(sent[0]?.involvedObject).toMatchObject({ namespace: 'team-a', name: 'team-a' });
  });

  it('writes a hundred at once and then one a second, however many there are', async () => {
    const { recorder, sent, clock } = setUp();
    const storm = (count: number) => {
      for (let index = 0; index < count; index++)
        recorder.record({ ...refused, note: `${sent.length} ${index}` });
    };
    storm(10_000);
    expect(sent).toHaveLength(100);
    await clock.advance(30_000);
    storm(10_000);
    expect(sent).toHaveLength(130);
  });

  it('gives each its turn where more goes on at once than may be written', async () => {
    const { recorder, sent, clock } = setUp();
    const those = Array.from({ length: 600 }, (_, index) => ({ ...refused, note: `${index}` }));
    for (let look = 0; look < 6; look++) {
      recorder.recordAll(those);
      await clock.advance(310_000);
    }
    expect(new Set(sent.map(({ message }) => message)).size).toBe(600);
    const writtenFirst = sent.slice(0, 100).map(({ message }) => message);
    recorder.recordAll(those);
    expect(sent.slice(600).map(({ message }) => message)).toEqual(writtenFirst);
  });

  it('keeps room for what is said beside other kinds of objects', () => {
    const { recorder, sent } = setUp();
    for (let index = 0; index < 10_000; index++) {
      const name = `tenant-${index}`;
      recorder.record({ ...refused, regarding: { resource: namespaces, name, uid: name } });
    }
    recorder.record(refused);
    expect(sent.at(-1)?.metadata.namespace).toBe('kube-system');
  });

  it('takes a write that the end of its term cut off for one that did not take place', async () => {
    let cutOff: Failure | undefined = new Failure('KUBERNETES_UNREACHABLE', 'cut off');
    const { recorder, sent, clock, leading } = setUp(() => cutOff);
    recorder.record(refused);
    leading.abort();
    await clock.advance(1);
    cutOff = undefined;
    recorder.recordUntil(new AbortController().signal);
    recorder.record(refused);
    expect(sent).toHaveLength(1);
  });

  it('disturbs nobody when an Event cannot be written, and tries it again when it happens again', async () => {
    let failure: Failure | undefined = new Failure('KUBERNETES_FORBIDDEN', 'no');
    const { recorder, sent, clock } = setUp(() => failure);
    recorder.record(refused);
    await clock.advance(1);
    failure = undefined;
    recorder.record(refused);
    expect(sent).toHaveLength(1);
  });

  it('cuts a long note', () => {
    const { recorder, sent } = setUp();
    recorder.record({ ...refused, note: 'x'.repeat(5_000) });
    expect(sent[0]?.message.length).toBeLessThanOrEqual(1_024);
  });

  it('writes nothing unless it leads', () => {
    const { recorder, sent, leading, start } = setUp();
    start().record(refused);
    leading.abort();
    recorder.record(refused);
    expect(sent).toEqual([]);
  });
});
