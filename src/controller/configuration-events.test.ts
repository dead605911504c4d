import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { EventRecorder } from '../kubernetes/event-recorder.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { ConfigurationEvents } from './configuration-events.ts';
import type { Remark } from './configuration.ts';
import type { Troubles } from './settled-logins.ts';

const minuteMs = 60_000;
const problem: Remark = { kind: 'problem', text: 'write a list' };
const contest = { hosts: ['shared.example'], claimedBy: ['cri-a', 'cri-b'], keptBy: undefined };
const login = {
  instanceKey: 'cri-a',
  userName: 'cr_temp_user',
  token: new Sensitive('example-token'),
  mintedAtMs: 0,
  domains: ['a.example'],
};
const leftOut = { instanceKey: 'cri-c', hosts: 3 };

interface SentEvent {
  readonly reason: string;
  readonly message: string;
}

/** The ConfigMap's Events as an API server keeps them: each for an hour after it was last written. */
function stage() {
  const clock = new VirtualClock();
  const writtenAtMs = new Map<string, number>();
  const sent: SentEvent[] = [];
  const lasting: { remarks: readonly Remark[]; troubles: Troubles } = {
    remarks: [],
    troubles: { contests: [], leftOut: [] },
  };
  const server = { failure: undefined as Failure | undefined };
  const connection: Connection = {
    async request<T>(call: ApiCall) {
      if (server.failure !== undefined) throw server.failure;
      const event = call.body?.content as SentEvent;
      sent.push(event);
      writtenAtMs.set(event.reason, clock.nowMs());
      return {} as T;
    },
    lines: () => {
      throw new Error('nothing is watched here');
    },
    close: () => Promise.resolve(),
  };
  const leading = new AbortController();
  const recorder = new EventRecorder({ connection, clock, logger: pino({ level: 'silent' }) });
  recorder.recordUntil(leading.signal);
  const about = { namespace: 'kube-system', name: 'acr-configuration', uid: 'u' };
  const events = new ConfigurationEvents({
    events: recorder,
    clock,
    about: () => about,
    lasting: () => lasting,
  });
  void events.repeatUntil(leading.signal);
  const shown = () =>
    [...writtenAtMs].filter(([, atMs]) => clock.nowMs() - atMs < 60 * minuteMs).map(([reason]) => reason);
  return { clock, events, lasting, leading, sent, server, shown };
}

describe('beside the ConfigMap', () => {
  it('tells of each recovery of an instance by itself, as nothing to worry about', () => {
    const { events, sent } = stage();
    events.recovered({ ...login, expiresAtMs: 0 });
    events.recovered({ ...login, expiresAtMs: 3_600_000 });
    expect(sent).toMatchObject([
      {
        type: 'Normal',
        reason: 'LoginMinted',
        message: 'cri-a works again: its login is good until 1970-01-01T00:00:00.000Z',
      },
      {
        type: 'Normal',
        reason: 'LoginMinted',
        message: 'cri-a works again: its login is good until 1970-01-01T01:00:00.000Z',
      },
    ]);
  });

  it('what lasts can be read at any time of a day, and what is over is gone after an hour', async () => {
    const { clock, events, lasting, sent, shown } = stage();
    lasting.remarks = [problem];
    lasting.troubles = { contests: [contest], leftOut: [leftOut] };
    events.remarks(lasting.remarks);
    events.troubles(lasting.troubles);
    for (let minute = 0; minute < 24 * 60; minute++) {
      await clock.advance(minuteMs);
      expect(shown()).toEqual(['ConfigurationProblem', 'HostsContested', 'NoRoomForLogin']);
    }
    expect(sent.length).toBeLessThanOrEqual(3 * (24 * 4 + 1));
    lasting.remarks = [];
    lasting.troubles = { contests: [], leftOut: [] };
    await clock.advance(61 * minuteMs);
    expect(shown()).toEqual([]);
  });

  it('what could not be written when it was found is there some minutes after it can be', async () => {
    const { clock, events, lasting, server, shown } = stage();
    server.failure = new Failure('KUBERNETES_UNREACHABLE', 'down');
    lasting.remarks = [problem];
    events.remarks(lasting.remarks);
    await clock.advance(20 * minuteMs);
    server.failure = undefined;
    await clock.advance(5 * minuteMs);
    expect(shown()).toEqual(['ConfigurationProblem']);
  });

  it('nothing is said any more by who does not lead', async () => {
    const { clock, lasting, leading, sent } = stage();
    lasting.remarks = [problem];
    leading.abort();
    await clock.advance(60 * minuteMs);
    expect(sent).toEqual([]);
  });

  it('a failure is told with its text, and a defect without', () => {
    const { events, sent } = stage();
    events.mintFailed('cri-a', new Failure('CLOUD_FORBIDDEN', 'grant cr:PullRepository'));
    events.mintFailed('cri-b', new TypeError('cannot read token-in-the-text'));
    expect(sent.map(({ message }) => message)).toEqual([
      'cri-a: CLOUD_FORBIDDEN: grant cr:PullRepository',
      'cri-b: UNEXPECTED: a defect of the add-on; its log says more',
    ]);
  });

  it('makes another Event of a failure only where it is about something else', () => {
    const { events, sent } = stage();
    for (const [topic, message] of [
      ['trust', 'trust, request id 1'],
      ['trust', 'trust, request id 2'],
      ['right', 'right, request id 3'],
    ] as const) {
      events.mintFailed('cri-a', new Failure('CLOUD_FORBIDDEN', message, { topic }));
    }
    expect(sent.map(({ message }) => message)).toEqual([
      'cri-a: CLOUD_FORBIDDEN: trust, request id 1',
      'cri-a: CLOUD_FORBIDDEN: right, request id 3',
    ]);
  });
});
