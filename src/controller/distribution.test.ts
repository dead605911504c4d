import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { EventRecorder } from '../kubernetes/event-recorder.ts';
import type { RawObject } from '../kubernetes/resource.ts';
import type { Wanted } from '../pull-secrets/namespace-plan.ts';
import { sleep } from '../runtime/clock.ts';
import { readSettings } from '../settings/read-settings.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { ClusterView } from './cluster-view.ts';
import { distribute } from './distribution.ts';
import { Outage } from './outage.ts';
import { RepeatedWrites } from './repeated-writes.ts';
import { WorkQueue } from './work-queue.ts';
import { WriteBudget } from './write-budget.ts';

const secretName = 'acr-credential-secret-aggregation';
const minuteMs = 60_000;
const writeMs = 10;

/** One namespace without service accounts, and an API server that tells of each change at once. */
class Cluster {
  readonly clock = new VirtualClock();
  readonly secretWrites: RawObject[] = [];
  readonly events: string[] = [];
  /** What another writer makes of our Secret; undefined: it is deleted. */
  other: (written: RawObject) => RawObject | undefined = (written) => written;
  #secret: RawObject | undefined;
  #version = 1;
  /** Lines of the watch of Secrets that were not read yet. */
  readonly #lines: string[] = [];
  #wake: () => void = () => undefined;
  #isCut = false;

  readonly connection: Connection = {
    request: async <T>(call: ApiCall) => {
      if (call.method !== 'GET') await sleep(this.clock, writeMs, call.signal);
      return this.#answer(call) as T;
    },
    lines: (call) => this.#watch(call),
    close: () => Promise.resolve(),
  };

  /** What happens until the next list is in no watch. */
  cutWatch(): void {
    this.#isCut = true;
    this.#wake();
  }

  deleteSecret(): void {
    if (this.#secret !== undefined) this.#tell('DELETED', this.#secret);
    this.#secret = undefined;
  }

  get secret(): RawObject | undefined {
    return this.#secret;
  }

  #answer({ method, target, body }: ApiCall): unknown {
    const { plural } = target.resource;
    const content = body?.content;
    if (plural === 'events') return this.events.push((content as { reason: string }).reason);
    if (method === 'GET') return this.#list(plural);
    const desired = content as RawObject;
    const written = this.#put({ ...desired, metadata: { ...desired.metadata, namespace: 'team-a' } });
    this.secretWrites.push(written);
    const theirs = this.other(written);
    if (theirs === undefined) this.deleteSecret();
    else if (theirs !== written) this.#put(theirs);
    return written;
  }

  #list(plural: string): unknown {
    if (plural === 'secrets') this.#lines.splice(0);
    const namespace = { metadata: { name: 'team-a', uid: 'n', resourceVersion: '1' } };
    const items = { namespaces: [namespace], secrets: this.#secret === undefined ? [] : [this.#secret] };
    return { metadata: { resourceVersion: String(this.#version) }, items: items[plural as 'secrets'] ?? [] };
  }

  #put(content: RawObject): RawObject {
    this.#version += 1;
    const metadata = { ...content.metadata, uid: 's', resourceVersion: String(this.#version) };
    this.#secret = { ...content, metadata };
    this.#tell('MODIFIED', this.#secret);
    return this.#secret;
  }

  #tell(type: string, object: RawObject): void {
    if (type === 'DELETED') this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#lines.push(JSON.stringify({ type, object: { ...object, metadata } }));
    this.#wake();
  }

  async *#watch({ target, signal }: ApiCall): AsyncIterable<string> {
    const isOfSecrets = target.resource.plural === 'secrets';
    while (!signal.aborted) {
      if (isOfSecrets && this.#isCut) {
        this.#isCut = false;
        yield JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } });
      }
      if (isOfSecrets) yield* this.#lines.splice(0);
      await new Promise<void>((resolve) => {
        if (isOfSecrets) this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}

async function serve(cluster: Cluster) {
  const { clock } = cluster;
  const stop = new AbortController();
  const log: string[] = [];
  const logger = pino({}, { write: (line: string) => log.push((JSON.parse(line) as { msg: string }).msg) });
  const { connection } = cluster;
  const parts = { connection, clock, logger, random: () => 0.5 };
  const queue = new WorkQueue(parts);
  const view: ClusterView = new ClusterView(parts, {
    namespace: 'kube-system',
    configMapName: 'acr-configuration',
    secretName,
    onNamespaceChange: (namespace) => queue.add(namespace, 'urgent'),
    onConfigurationChange: () => undefined,
  });
  const reading = readSettings({
    'watch-namespace': 'team-a',
    'acr-registry-info': '- instanceId: cri-a',
  });
  if (reading.kind === 'refused') throw new Error('the test needs settings');
  const wanted = { scope: reading.settings.scope, email: 'e', secretName, logins: [] } satisfies Wanted;
  const events = new EventRecorder(parts);
  events.recordUntil(stop.signal);
  void view.run(stop.signal);
  await view.whenSynced(stop.signal);
  const running = distribute(
    {
      ...parts,
      view,
      queue,
      events,
      secretName,
      budget: new WriteBudget(clock, 50),
      repeated: new RepeatedWrites(parts),
      outage: new Outage(parts),
      wanted: { inNamespaces: () => wanted },
      onAttach: () => undefined,
    },
    stop.signal,
  );
  const end = async () => {
    stop.abort();
    await running;
  };
  return { clock, log, end };
}

describe('a namespace', () => {
  it('is written a few times a minute at most where another writer undoes each write, and that is said', async () => {
    const cluster = new Cluster();
    cluster.other = () => undefined;
    const { clock, log, end } = await serve(cluster);
    await clock.advance(10 * minuteMs);
    expect(cluster.secretWrites.length).toBeGreaterThan(10);
    expect(cluster.secretWrites.length).toBeLessThan(25);
    expect(log.filter((line) => line.startsWith('somebody else'))).toHaveLength(1);
    expect(cluster.events).toEqual(['ChangedBackEachTime']);
    cluster.other = (written) => written;
    await clock.advance(minuteMs);
    expect(cluster.secret).toBeDefined();
    await end();
  });

  it('gets its Secret again when it was deleted while nothing was watched', async () => {
    const cluster = new Cluster();
    const { clock, end } = await serve(cluster);
    cluster.cutWatch();
    await clock.advance(writeMs);
    expect(cluster.secretWrites).toHaveLength(1);
    cluster.deleteSecret();
    await clock.advance(minuteMs);
    expect(cluster.secretWrites).toHaveLength(2);
    expect(cluster.secret).toBeDefined();
    await end();
  });
});
