import { pino, type Logger } from 'pino';
import { expect, test } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import type { Lease } from '../kubernetes/lease-hold.ts';
import { configMaps, leases, namespaces, pods, type RawObject } from '../kubernetes/resource.ts';
import type { AdmissionMode } from '../pull-secrets/admission-mode.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { Controller } from './controller.ts';

const teams = Array.from({ length: 30 }, (_, index) => `team-${index}`);
const hourMs = 3_600_000;

interface RawConfigMap extends RawObject {
  readonly data: Readonly<Record<string, string>>;
}

/** An API server in memory: namespaces, a ConfigMap that can be changed, a Lease; it counts what else is written. */
class MemoryServer {
  lease: Lease | undefined;
  written: string[] = [];
  /** Of the ConfigMap with the scope in force. */
  published: RawConfigMap['data'] | undefined;
  arePodsHidden = false;
  #version = 1;
  readonly #configMapChanged = Promise.withResolvers<void>();
  #email = 'one@example.com';

  changeConfigMap(): void {
    this.#email = 'other@example.com';
    this.#configMapChanged.resolve();
  }

  connection(): Connection {
    return {
      request: async <T>(call: ApiCall) => {
        await Promise.resolve();
        call.beforeSending?.();
        return this.#answer(call) as T;
      },
      lines: (call) => this.#watch(call),
      close: () => Promise.resolve(),
    };
  }

  #answer({ method, target, body }: ApiCall): unknown {
    const { resource, name } = target;
    if (method === 'GET' && name === undefined) {
      if (resource === pods && this.arePodsHidden) throw new Failure('KUBERNETES_UNREACHABLE', 'not yet');
      return { metadata: { resourceVersion: '1' }, items: this.#items(target) };
    }
    if (method === 'GET') return this.#read(target);
    const sent = body?.content as RawObject;
    if (name === 'acr-scope-in-force') this.published = (sent as RawConfigMap).data;
    const isStale = sent.metadata.resourceVersion !== this.lease?.metadata.resourceVersion;
    if (resource === leases && isStale) throw new Failure('KUBERNETES_CONFLICT', 'stale');
    const resourceVersion = String((this.#version += 1));
    const answer = { ...sent, metadata: { ...sent.metadata, uid: `${name}`, resourceVersion } };
    if (resource === leases) this.lease = answer;
    else this.written.push(`${method} ${resource.plural} ${target.namespace}`);
    return answer;
  }

  #read({ resource, name }: ApiCall['target']): unknown {
    if (resource === leases && this.lease !== undefined) return this.lease;
    if (name !== 'acr-scope-in-force' || this.published === undefined) {
      throw new Failure('KUBERNETES_NOT_FOUND', 'not there');
    }
    return { metadata: { name }, data: this.published };
  }

  #items({ resource }: ApiCall['target']): readonly RawObject[] {
    if (resource === namespaces) {
      return teams.map((name) => ({ metadata: { name, uid: name, resourceVersion: '1' } }));
    }
    return resource === configMaps ? [this.#configMap()] : [];
  }

  #configMap(): RawConfigMap {
    return {
      metadata: {
        namespace: 'kube-system',
        name: 'acr-configuration',
        uid: 'c',
        resourceVersion: String((this.#version += 1)),
      },
      data: {
        'acr-registry-info': '- instanceId: cri-1\n  regionId: cn-hangzhou\n',
        'watch-namespace': 'team-*',
        'notify-email': this.#email,
      },
    };
  }

  async *#watch({ target, signal }: ApiCall): AsyncIterable<string> {
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    if (target.resource === configMaps) {
      await Promise.race([this.#configMapChanged.promise, aborted]);
      if (!signal.aborted) yield JSON.stringify({ type: 'MODIFIED', object: this.#configMap() });
    }
    await aborted;
  }
}

function controllerOf(
  server: MemoryServer,
  clock: VirtualClock,
  {
    admission = 'none',
    logger = pino({ enabled: false }),
  }: { readonly admission?: AdmissionMode; readonly logger?: Logger } = {},
): Controller {
  return new Controller(
    {
      connection: server.connection(),
      clock,
      logger,
      random: () => 0.5,
      identity: 'a',
      mint: ({ key }) =>
        Promise.resolve({
          instanceKey: key,
          userName: 'cr_temp_user',
          token: new Sensitive('token'),
          mintedAtMs: clock.nowMs(),
          expiresAtMs: clock.nowMs() + hourMs,
          domains: ['registry.example.com'],
        }),
    },
    {
      namespace: 'kube-system',
      configMapName: 'acr-configuration',
      secretName: 'pull',
      leaseName: 'leader',
      adoptAttachments: false,
      waitingPods: 'tell',
      admission,
      writeBudget: 5,
      brake: { share: 0.3, count: 10 },
    },
  );
}

test('a leader that was paused in the middle of paced writes sends none on waking', async () => {
  const clock = new VirtualClock();
  const server = new MemoryServer();
  const controller = controllerOf(server, clock);
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  await clock.advance(5_000);
  const secretsWritten = () => server.written.filter((line) => line.includes('secrets team-')).length;
  expect(secretsWritten()).toBe(teams.length);
  server.changeConfigMap();
  await clock.advance(1_000);
  const inTime = secretsWritten();
  expect(inTime).toBeGreaterThan(teams.length);
  expect(inTime).toBeLessThan(2 * teams.length);

  clock.pause(20_000);
  const { lease } = server;
  const spec = { ...lease?.spec, holderIdentity: 'b' };
  server.lease = { ...lease, metadata: { name: 'leader', resourceVersion: 'of b' }, spec };
  server.written = [];
  await clock.advance(5_000);
  expect(server.written).toEqual([]);
  stop.abort();
  await clock.advance(20_000);
  await running;
});

test('a new leader keeps the waiting Pods of the last one in the status until it has looked itself', async () => {
  const clock = new VirtualClock();
  const server = new MemoryServer();
  server.published = { 'watch-namespace': 'team-*', 'waiting-pods': 'team-1/app' };
  server.arePodsHidden = true;
  const stop = new AbortController();
  const running = controllerOf(server, clock).run(stop.signal);
  await clock.advance(60_000);
  expect(server.published).toMatchObject({ 'service-account': 'default', 'waiting-pods': 'team-1/app' });
  server.arePodsHidden = false;
  await clock.advance(6 * 60_000);
  expect(server.published).not.toHaveProperty('waiting-pods');
  stop.abort();
  await clock.advance(20_000);
  await running;
});

test('a leader tells in the status whether the webhook is asked, and beside the ConfigMap where it cannot be', async () => {
  const clock = new VirtualClock();
  const server = new MemoryServer();
  const controller = controllerOf(server, clock, { admission: 'webhook' });
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  await clock.advance(5_000);
  const events = () => server.written.filter((line) => line.includes(' events '));
  controller.noteRegistration('open', true);
  await clock.advance(5_000);
  expect(server.published).toMatchObject({ admission: 'webhook', 'webhook-registration': 'open' });
  expect(events()).toEqual([]);
  controller.noteRegistration('missing', false);
  await clock.advance(5_000);
  expect(server.published).toMatchObject({ 'webhook-registration': 'missing' });
  expect(events()).toHaveLength(1);
  controller.noteRegistration('untrusted', false);
  await clock.advance(5_000);
  expect(server.published).toMatchObject({ 'webhook-registration': 'untrusted' });
  expect(events()).toHaveLength(2);
  stop.abort();
  await clock.advance(20_000);
  await running;
});

test('a leader tells beside the ConfigMap, and once in the log, that Pods were to be attached by a webhook that is off', async () => {
  const clock = new VirtualClock();
  const server = new MemoryServer();
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  const controller = controllerOf(server, clock, { admission: 'as-configured', logger });
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  await clock.advance(5_000);
  const events = () => server.written.filter((line) => line.includes(' events '));
  controller.noteRegistration('closed', false);
  await clock.advance(5_000);
  expect(events()).toEqual([]);
  for (let look = 0; look < 2; look += 1) {
    controller.noteRegistration('closed', true);
    await clock.advance(5_000);
  }
  expect(events()).toHaveLength(1);
  expect(logged.filter((line) => line.includes('Pods with pull secrets of their own'))).toHaveLength(1);
  stop.abort();
  await clock.advance(20_000);
  await running;
});
