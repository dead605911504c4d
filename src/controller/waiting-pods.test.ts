import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import type { ClusterEvent } from '../kubernetes/event-recorder.ts';
import type { Wanted } from '../pull-secrets/namespace-plan.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { RawPod } from './observed-pod.ts';
import { WaitingPods, type WaitingPodsMode } from './waiting-pods.ts';

const secretName = 'pulls';
const image = 'registry.example.com/team/app:1';
const minuteMs = 60_000;

function wantedFor(watched: string): Wanted {
  const reading = readSettings({ 'watch-namespace': watched });
  if (reading.kind !== 'read') throw new Error('the test needs settings');
  const login = {
    instanceKey: 'cri-1',
    userName: 'cr_temp_user',
    token: new Sensitive('token'),
    mintedAtMs: 0,
    expiresAtMs: 1,
    domains: ['registry.example.com'],
  };
  return { scope: reading.settings.scope, secretName, logins: [login], email: 'e' };
}

type Owner = Partial<NonNullable<RawPod['metadata']['ownerReferences']>[number]>;

function podOf(name: string, owner: Owner = {}): RawPod {
  const controller = { apiVersion: 'apps/v1', kind: 'ReplicaSet', uid: 'rs', controller: true, ...owner };
  return {
    metadata: {
      namespace: 'team-a',
      name,
      uid: name,
      resourceVersion: '5',
      ownerReferences: [controller],
      managedFields: [{ fieldsV1: { 'f:spec': {} } }],
    },
    spec: { containers: [{ name: 'main', image }] },
    status: { containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ImagePullBackOff' } } }] },
  };
}

/** Pods of an API server in memory, in a namespace whose account is attached. */
class Cluster {
  readonly clock = new VirtualClock();
  readonly pods = new Map<string, RawPod>();
  readonly events: ClusterEvent[] = [];
  readonly deleted: { name: string | undefined; atMs: number; preconditions: unknown }[] = [];
  lists = 0;
  changes = 0;
  failure: Failure | undefined;
  /** By the Pod's name: why it may not be deleted. */
  readonly refusals = new Map<string, Failure>();
  /** At level `warn` and above. */
  readonly logged: { readonly pod?: string; readonly msg: string }[] = [];
  /** What a controller makes of a delete. */
  onDelete: (name: string) => unknown = () => undefined;

  add(name: string, owner?: Owner): RawPod {
    const pod = podOf(name, owner);
    this.pods.set(name, pod);
    return pod;
  }

  look(mode: WaitingPodsMode, watched = 'team-a') {
    const waiting = new WaitingPods(
      {
        clock: this.clock,
        connection: this.#connection(),
        logger: pino(
          { level: 'warn' },
          { write: (line: string) => this.logged.push(JSON.parse(line) as Cluster['logged'][number]) },
        ),
        random: () => 0.5,
        events: { recordAll: (those) => this.events.push(...those) },
        view: { namespace: observed },
        wanted: { inNamespaces: () => wantedFor(watched) },
        onChange: () => (this.changes += 1),
      },
      { mode },
    );
    const stop = new AbortController();
    const running = waiting.lookUntil(stop.signal);
    const end = async () => {
      stop.abort();
      await running;
    };
    return { waiting, end };
  }

  #connection(): Connection {
    return {
      request: async <T>(call: ApiCall) => {
        await Promise.resolve();
        return this.#answer(call) as T;
      },
      lines: () => {
        throw new Error('nobody watches Pods');
      },
      close: () => Promise.resolve(),
    };
  }

  #answer({ method, target, query, body }: ApiCall): unknown {
    if (this.failure !== undefined) throw this.failure;
    if (method === 'GET') {
      if (query?.['fieldSelector'] !== 'status.phase=Pending') throw new Error('asks for too much');
      this.lists += 1;
      return { metadata: {}, items: [...this.pods.values()] };
    }
    const name = target.name ?? '';
    const refusal = this.refusals.get(name);
    if (refusal !== undefined) throw refusal;
    this.deleted.push({
      name,
      atMs: this.clock.monotonicMs(),
      ...(body?.content as { preconditions: object }),
    });
    this.pods.delete(name);
    this.onDelete(name);
    return {};
  }
}

function observed(name: string) {
  const account = { name: 'default', uid: 'u', resourceVersion: '7', isOptedOut: false };
  return {
    name,
    uid: 'n',
    labels: {},
    isTerminating: false,
    isOptedOut: false,
    serviceAccounts: [{ ...account, imagePullSecrets: [{ name: secretName }] }],
    secret: undefined,
    recordedMentions: undefined,
  };
}

describe('Pods that can never pull', () => {
  it('are told of beside each of them, and in sum', async () => {
    const cluster = new Cluster();
    cluster.add('b');
    cluster.add('a');
    const { waiting, end } = cluster.look('tell');
    await cluster.clock.advance(minuteMs);
    expect(waiting.names).toEqual(['team-a/a', 'team-a/b']);
    await end();
    expect(cluster.events.map(({ reason, regarding }) => [reason, regarding.name])).toEqual([
      ['PodCannotPull', 'b'],
      ['PodCannotPull', 'a'],
    ]);
    expect(cluster.changes).toBe(1);
    expect(cluster.deleted).toEqual([]);
  });

  it('are no longer counted when they are gone', async () => {
    const cluster = new Cluster();
    cluster.add('a');
    const { waiting, end } = cluster.look('tell');
    await cluster.clock.advance(minuteMs);
    cluster.pods.clear();
    await cluster.clock.advance(6 * minuteMs);
    expect(waiting.names).toEqual([]);
    await end();
    expect(cluster.changes).toBe(2);
  });

  it('are found soon after an attachment, and without one after minutes', async () => {
    const cluster = new Cluster();
    const { waiting, end } = cluster.look('tell');
    await cluster.clock.advance(minuteMs);
    cluster.add('a');
    await cluster.clock.advance(minuteMs);
    expect(waiting.names).toEqual([]);
    waiting.noteAttachment();
    await cluster.clock.advance(11_000);
    expect(waiting.names).toEqual(['team-a/a']);
    await cluster.clock.advance(60 * minuteMs);
    await end();
    expect(cluster.lists).toBeLessThan(16);
  });

  it('are found soon after their kubelet has given up, and a Pod without a node costs little', async () => {
    const cluster = new Cluster();
    const pod = cluster.add('a');
    cluster.pods.set('a', { ...pod, status: {} });
    const { waiting, end } = cluster.look('tell');
    await cluster.clock.advance(20_000);
    cluster.pods.set('a', pod);
    await cluster.clock.advance(15_000);
    expect(waiting.names).toEqual(['team-a/a']);
    cluster.pods.set('a', { ...pod, status: {} });
    await cluster.clock.advance(60 * minuteMs);
    await end();
    expect(cluster.lists).toBeLessThan(30);
  });

  it('are not looked for at all where nobody wants that, nor where they are out of scope', async () => {
    const cluster = new Cluster();
    cluster.add('a');
    await cluster.look('off').end();
    expect(cluster.lists).toBe(0);
    const { waiting, end } = cluster.look('restart', 'team-b');
    await cluster.clock.advance(minuteMs);
    expect(waiting.names).toEqual([]);
    await end();
    expect(cluster.deleted).toEqual([]);
  });

  it('are not known before the first look is over, in each term', async () => {
    const cluster = new Cluster();
    cluster.failure = new Failure('KUBERNETES_UNREACHABLE', 'not yet');
    const { waiting, end } = cluster.look('tell');
    await cluster.clock.advance(minuteMs);
    expect(waiting.names).toBeUndefined();
    cluster.failure = undefined;
    await cluster.clock.advance(6 * minuteMs);
    expect(waiting.names).toEqual([]);
    expect(cluster.changes).toBe(1);
    await end();
    expect(waiting.names).toBeUndefined();
    expect(cluster.look('off').waiting.names).toEqual([]);
  });

  it('are looked for again after a failure', async () => {
    const cluster = new Cluster();
    cluster.add('a');
    cluster.failure = new Failure('KUBERNETES_FORBIDDEN', 'may not list');
    const { end } = cluster.look('restart');
    await cluster.clock.advance(minuteMs);
    cluster.failure = undefined;
    await cluster.clock.advance(6 * minuteMs);
    await end();
    expect(cluster.deleted.map(({ name }) => name)).toEqual(['a']);
  });
});

describe('Pods that are restarted', () => {
  it('are just those that were seen, five a second', async () => {
    const cluster = new Cluster();
    for (let index = 0; index < 50; index += 1) cluster.add(`app-${index}`);
    await cluster.clock.advance(minuteMs);
    const { end } = cluster.look('restart');
    await cluster.clock.advance(5_000);
    expect(cluster.deleted.length).toBeGreaterThan(20);
    expect(cluster.deleted.length).toBeLessThan(28);
    await cluster.clock.advance(10_000);
    await end();
    expect(cluster.deleted).toHaveLength(50);
    expect(cluster.deleted[0]?.preconditions).toEqual({ uid: 'app-0', resourceVersion: '5' });
  });

  it('are looked after again soon, so that nobody is told of what is over', async () => {
    const cluster = new Cluster();
    cluster.add('a');
    await cluster.clock.advance(1);
    const { waiting, end } = cluster.look('restart');
    await cluster.clock.advance(1_000);
    expect(waiting.names).toEqual(['team-a/a']);
    await cluster.clock.advance(12_000);
    expect(waiting.names).toEqual([]);
    await end();
  });

  it.each<[string, Owner]>([
    ['a Job', { apiVersion: 'batch/v1', kind: 'Job' }],
    ['something of the same name in another group', { apiVersion: 'example.com/v1' }],
    ['an owner that is no controller', { controller: false }],
    ['a node', { apiVersion: 'v1', kind: 'Node' }],
  ])('are not those of %s', async (_, owner) => {
    const cluster = new Cluster();
    cluster.add('a', owner);
    const { waiting, end } = cluster.look('restart');
    await cluster.clock.advance(minuteMs);
    expect(waiting.names).toEqual(['team-a/a']);
    await end();
    expect(cluster.deleted).toEqual([]);
  });

  it('are each made anew once in ten minutes at most where their successors lack the pull secret too', async () => {
    const cluster = new Cluster();
    let made = 0;
    cluster.onDelete = () => cluster.add(`app-${(made += 1)}`);
    for (let index = 0; index < 3; index += 1) cluster.onDelete('');
    const { waiting, end } = cluster.look('restart');
    for (let second = 0; second < 9 * 60; second += 1) {
      await cluster.clock.advance(1_000);
      waiting.noteAttachment();
    }
    expect(cluster.deleted.map(({ name }) => name)).toEqual(['app-1', 'app-2', 'app-3']);
    await cluster.clock.advance(10 * minuteMs);
    await end();
    expect(cluster.deleted.slice(3).map(({ name }) => name)).toEqual(['app-4', 'app-5', 'app-6']);
  });

  it('are also those whose kubelets find out after the first of their controller was deleted', async () => {
    const cluster = new Cluster();
    const late = cluster.add('late');
    cluster.pods.set('late', { ...late, status: {} });
    cluster.add('early');
    cluster.onDelete = (name) => name === 'early' && cluster.add('successor');
    const { end } = cluster.look('restart');
    await cluster.clock.advance(30_000);
    expect(cluster.deleted.map(({ name }) => name)).toEqual(['early']);
    cluster.pods.set('late', late);
    await cluster.clock.advance(minuteMs);
    await end();
    expect(cluster.deleted.map(({ name }) => name)).toEqual(['early', 'late']);
  });

  it.each(['KUBERNETES_FORBIDDEN', 'KUBERNETES_REFUSED'] as const)(
    'do not wait for one whose deletion is refused (%s), which is said once',
    async (code) => {
      const cluster = new Cluster();
      for (const name of ['a', 'b', 'c', 'd']) cluster.add(name, { uid: name });
      cluster.refusals.set('a', new Failure(code, 'no'));
      cluster.refusals.set('c', new Failure(code, 'no'));
      const { end } = cluster.look('restart');
      await cluster.clock.advance(5_000);
      expect(cluster.deleted.map(({ name }) => name)).toEqual(['b', 'd']);
      await cluster.clock.advance(10 * minuteMs);
      const told = cluster.logged.filter(({ msg }) => msg.includes('may not be deleted'));
      expect(told.map(({ pod }) => pod)).toEqual(['a', 'c']);
      cluster.refusals.clear();
      await cluster.clock.advance(6 * minuteMs);
      await end();
      expect(cluster.deleted.map(({ name }) => name)).toEqual(['b', 'd', 'a', 'c']);
    },
  );
});
