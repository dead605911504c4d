import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import { startFaultProxy, type FaultProxy, type ProxiedRequest } from '../real-parts/fault-proxy.ts';
import type { Fault } from '../real-parts/cloud.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const configuration = { 'acr-registry-info': enterpriseEntry, 'watch-namespace': 'team-*' };
/** Namespaces, ServiceAccounts, the pull secrets, the ConfigMap; for admission the scope in force and its certificates. */
const watchCount = 6;
const isWatch = (request: ProxiedRequest) => request.isWatch;
/** Pods are looked at from time to time and not watched, so a list of them follows from nothing here. */
const isPodList = ({ path }: ProxiedRequest) => path.startsWith('/api/v1/pods?');
const isList = (request: ProxiedRequest) =>
  request.method === 'GET' && !request.isWatch && request.path.includes('limit=') && !isPodList(request);
const isSecretWrite = ({ method, path }: ProxiedRequest) =>
  method === 'PATCH' && path.includes('/secrets/acr-credential-secret-aggregation');
const isLease = ({ path }: ProxiedRequest) => path.includes('/leases');

/** What is listed or watched: of one resource that may be several objects, each by its name. */
function subjectOf({ path }: ProxiedRequest): string {
  const [resource = '', query = ''] = path.split('?');
  return `${resource} ${new URLSearchParams(query).get('fieldSelector') ?? ''}`;
}

function pauses(timesMs: readonly number[]): number[] {
  return timesMs.slice(1).map((atMs, index) => atMs - (timesMs[index] ?? 0));
}

describe('with an API server in trouble, the add-on', () => {
  let stage: Stage;
  let proxy: FaultProxy;
  let addOn: AddOn;
  let namespaces = 0;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    proxy = await startFaultProxy(await stage.controlPlane.addOnKubeConfig());
    await stage.kubectl.configure(configuration);
    addOn = await stage.startReplica(`--kubeconfig=${proxy.kubeConfigFile}`);
    await servesANewNamespace();
  });

  afterEach(() => proxy?.heal());
  afterAll(async () => {
    await stage?.stop();
    await proxy?.stop();
  });

  async function servesANewNamespace(withinMs = 20_000): Promise<void> {
    const name = `team-${namespaces++}`;
    await stage.kubectl.createNamespace(name);
    await stage.kubectl.awaitDockerConfig(name, undefined, withinMs);
    await stage.kubectl.awaitAttachment(name);
  }

  /** What the API server was asked while `work` was going on. */
  async function requestsDuring(work: () => Promise<void>): Promise<readonly ProxiedRequest[]> {
    // A watch that has only just begun is not taken for one that was closed in due course.
    await delay(1_100);
    const before = proxy.requests().length;
    await work();
    return proxy.requests().slice(before);
  }

  it('goes on where it was when its watches are closed, and lists nothing again', async () => {
    const asked = await requestsDuring(async () => {
      proxy.closeWatches();
      await servesANewNamespace();
    });
    expect(asked.filter(isWatch)).toHaveLength(watchCount);
    expect(asked.filter(isList)).toEqual([]);
  });

  it('lists once again when its place in the history is gone (410)', async () => {
    const struck = new Set<string>();
    const asked = await requestsDuring(async () => {
      proxy.answer({ status: 410 }, (request) => {
        const strikes = request.isWatch && !struck.has(subjectOf(request));
        struck.add(subjectOf(request));
        return strikes;
      });
      proxy.closeWatches();
      await waitUntil({ what: 'every watch is open again', withinMs: 10_000 }, () => {
        return proxy.openWatches() === watchCount;
      });
      await servesANewNamespace();
    });
    expect(asked.filter(isList)).toHaveLength(watchCount);
    expect(asked.filter(isWatch)).toHaveLength(2 * watchCount);
  });

  it('asks no sooner than it is told to (429 with Retry-After)', async () => {
    const asked = await requestsDuring(async () => {
      proxy.answer({ status: 429, retryAfterSeconds: 2 });
      proxy.closeWatches();
      await delay(5_000);
    });
    proxy.heal();
    for (const subject of new Set(asked.filter(isWatch).map(subjectOf))) {
      const times = asked.filter((request) => subjectOf(request) === subject).map(({ atMs }) => atMs);
      for (const pauseMs of pauses(times)) expect(pauseMs).toBeGreaterThanOrEqual(1_990);
    }
    // Three for each watch in five seconds; the lease has a pace of its own.
    const ofWatches = asked.filter((request) => !isLease(request) && !isPodList(request));
    expect(ofWatches.length).toBeLessThanOrEqual(3 * watchCount);
    await servesANewNamespace();
  });

  it('writes a pull secret no sooner than it is told to (429 with Retry-After)', async () => {
    const name = `team-${namespaces++}`;
    const tries = 2;
    const asked = await requestsDuring(async () => {
      const before = proxy.requests().filter(isSecretWrite).length;
      proxy.answer({ status: 429, retryAfterSeconds: 2 }, isSecretWrite);
      await stage.kubectl.createNamespace(name);
      await waitUntil({ what: 'it has tried again', withinMs: 20_000 }, () => {
        return proxy.requests().filter(isSecretWrite).length - before >= tries;
      });
    });
    proxy.heal();
    const times = asked.filter(isSecretWrite).map(({ atMs }) => atMs);
    expect(times).toHaveLength(tries);
    for (const pauseMs of pauses(times)) expect(pauseMs).toBeGreaterThanOrEqual(1_990);
    await stage.kubectl.awaitDockerConfig(name, undefined, 12_000);
    await servesANewNamespace();
  });

  it('writes at growing intervals where its writes fail (500), and then at once', async () => {
    const name = `team-${namespaces++}`;
    const asked = await requestsDuring(async () => {
      proxy.answer({ status: 500 }, isSecretWrite);
      await stage.kubectl.createNamespace(name);
      await delay(6_000);
    });
    // After 0.25…0.5, 0.5…1, 1…2 and 2…4 seconds; its accounts, which come after it, may ask once more each.
    const writes = asked.filter(isSecretWrite).length;
    expect(writes).toBeGreaterThanOrEqual(3);
    expect(writes).toBeLessThanOrEqual(8);
    proxy.heal();
    await stage.kubectl.awaitDockerConfig(name, undefined, 12_000);
    await servesANewNamespace();
  });

  it('comes back when its connections are reset, again and again', async () => {
    const resets = 5;
    const asked = await requestsDuring(async () => {
      for (let n = 0; n < resets; n++) {
        proxy.resetConnections();
        await delay(500);
      }
      await servesANewNamespace();
    });
    expect(asked.filter(isWatch).length).toBeLessThanOrEqual(watchCount * (resets + 1));
    expect(asked.filter(isList)).toEqual([]);
  });

  it.skipIf(noControlOfCluster !== undefined)(
    'finds its way back when the API server was away for five seconds',
    async () => {
      const asked = await requestsDuring(async () => {
        await stage.controlPlane.restartApiServer({ whileDown: () => delay(5_000) });
        await servesANewNamespace(40_000);
      });
      // Each watch tries again after 0.4…0.8 s, then after twice as long, up to 30 s: seven times in the first minute.
      expect(asked.filter(isWatch).length).toBeLessThanOrEqual(8 * watchCount);
      expect(asked.filter(isList).length).toBeLessThanOrEqual(2 * watchCount);
    },
  );

  it('has never ended, and never taken one of these for a defect', () => {
    expect(addOn.hasEnded()).toBe(false);
    expect(addOn.output()).not.toMatch(/UNEXPECTED|TypeError/);
  });
});

/** A session of the node's role, and with it a login, ends after 6 seconds. */
const sessionMs = 6_000;
/** Tries in the first seconds of an outage: after 0, 0.5…1, 1…2, 2…4 and 4…8 seconds. */
const triesIn15Seconds = 6;

describe('with Alibaba Cloud in trouble, the add-on', () => {
  let stage: Stage;
  let namespaces = 0;

  beforeAll(async () => {
    stage = await startStage({ timeScale: (6 * 3600 * 1000) / sessionMs });
    await stage.kubectl.configure(configuration);
    await stage.startReplica();
    await stage.kubectl.createNamespace('team-first');
    await stage.kubectl.awaitDockerConfig('team-first');
  });

  afterEach(() => stage.cloud.clearFaults());
  afterAll(() => stage?.stop());

  async function expiredMark(): Promise<string | undefined> {
    const secret = await stage.kubectl.pullSecret('team-first');
    return secret?.metadata?.annotations?.['acr-credential-helper/expired'];
  }

  /** How often the cloud was hindered in answering, since it was started. */
  async function hindered(service: string): Promise<number> {
    const { counts } = await stage.cloud.calls();
    const ofService = Object.entries(counts).filter(([name]) => name.startsWith(`${service}.`));
    const outcomes = ofService.flatMap(([, byOutcome]) => Object.entries(byOutcome));
    return outcomes.reduce((sum, [outcome, times]) => (outcome.startsWith('fault:') ? sum + times : sum), 0);
  }

  /** When the cloud was hindered in answering, since `sinceMs`. */
  async function hindrances(sinceMs: number): Promise<number[]> {
    const { recent } = await stage.cloud.calls();
    return recent.flatMap(({ outcome, atMs }) =>
      atMs >= sinceMs && outcome.startsWith('fault:') ? atMs : [],
    );
  }

  it('asks a Container Registry that throttles no sooner than it is told to', async () => {
    const retryAfterMs = 2_000;
    const begunAtMs = Date.now();
    await stage.cloud.setFault({ service: 'container-registry', kind: 'throttle', retryAfterMs });
    const times = await waitUntil({ what: 'it has asked again', withinMs: 20_000 }, async () => {
      const found = await hindrances(begunAtMs);
      return found.length > 1 && found;
    });
    // Its own pace would have been half a second to one.
    for (const pauseMs of pauses(times)) expect(pauseMs).toBeGreaterThanOrEqual(retryAfterMs - 10);
    await stage.cloud.clearFaults();
    const kept = await stage.kubectl.dockerConfig('team-first');
    await stage.kubectl.awaitDockerConfig('team-first', kept);
  });

  it.each([
    ['the metadata service is away', { service: 'metadata', kind: 'reset' }],
    ['the metadata service has an error', { service: 'metadata', kind: 'error', status: 503 }],
    ['the metadata service throttles', { service: 'metadata', kind: 'throttle', retryAfterMs: 3_000 }],
    ['Container Registry is away', { service: 'container-registry', kind: 'reset' }],
    ['Container Registry has an error', { service: 'container-registry', kind: 'error', status: 503 }],
    [
      'Container Registry throttles',
      { service: 'container-registry', kind: 'throttle', retryAfterMs: 3_000 },
    ],
    ['Container Registry talks nonsense', { service: 'container-registry', kind: 'malformed' }],
  ] as const satisfies readonly (readonly [string, Fault])[])(
    'keeps and marks what has expired while %s, serves on, asks seldom, and renews when it is over',
    async (_, fault) => {
      const before = await hindered(fault.service);
      await stage.cloud.setFault(fault);
      await waitUntil({ what: 'the login is marked as expired', withinMs: 15_000 }, async () => {
        return (await expiredMark()) === 'cri-sandbox00000001@cn-hangzhou';
      });
      const kept = await stage.kubectl.awaitDockerConfig('team-first');
      const name = `team-${namespaces++}`;
      await stage.kubectl.createNamespace(name);
      expect(await stage.kubectl.awaitDockerConfig(name)).toBe(kept);
      expect((await hindered(fault.service)) - before).toBeLessThanOrEqual(triesIn15Seconds);

      await stage.cloud.clearFaults();
      await stage.kubectl.awaitDockerConfig('team-first', kept);
      await waitUntil({ what: 'the mark is gone', withinMs: 2_000 }, async () => {
        return (await expiredMark()) === undefined;
      });
    },
  );
});
