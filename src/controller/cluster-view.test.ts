import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { configMaps, namespaces, secrets, serviceAccounts, type RawObject } from '../kubernetes/resource.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { ClusterView } from './cluster-view.ts';

const minuteMs = 60_000;

/** An API server with the namespaces `shop`, `closed` and `elsewhere`, where nobody may look into the last. */
function stage() {
  const clock = new VirtualClock();
  const granted = new Set(['kube-system', 'shop']);
  const asked = new Set<string>();
  const changed: string[] = [];
  const objects = new Map<unknown, readonly RawObject[]>([
    [namespaces, ['shop', 'closed', 'elsewhere'].map((name) => object({ name }))],
    [serviceAccounts, [object({ name: 'default', namespace: 'shop' })]],
    [secrets, []],
    [configMaps, []],
  ]);
  const connection: Connection = {
    request: async <T>({ target: { resource, namespace } }: ApiCall) => {
      asked.add(`${namespace ?? 'all'} ${resource.plural}`);
      const isAllowed = resource === namespaces || granted.has(namespace ?? '');
      if (!isAllowed) throw new Failure('KUBERNETES_FORBIDDEN', 'no right');
      const items = (objects.get(resource) ?? []).filter(
        ({ metadata }) => metadata.namespace === undefined || metadata.namespace === namespace,
      );
      return { metadata: { resourceVersion: '1' }, items } as T;
    },
    async *lines({ signal }) {
      yield* [];
      const aborted = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => aborted.reject(signal.reason as Error));
      await aborted.promise;
    },
    close: () => Promise.resolve(),
  };
  const parts = { connection, clock, logger: pino({ enabled: false }), random: () => 0.5 };
  const stop = new AbortController();
  const view = new ClusterView(parts, {
    namespace: 'kube-system',
    configMapName: 'acr-configuration',
    secretName: 'pulls',
    onlyNamespaces: ['shop', 'closed'],
    onNamespaceChange: (namespace) => changed.push(namespace),
    onConfigurationChange: () => undefined,
  });
  void view.run(stop.signal);
  return { view, clock, granted, asked, changed, stop };
}

function object(metadata: { name: string; namespace?: string }): RawObject {
  return { metadata: { ...metadata, uid: metadata.name, resourceVersion: '1' } };
}

describe('a view of some namespaces only', () => {
  it('asks for nothing in others, and waits for none that it may not look into', async () => {
    const { view, asked, stop } = stage();
    await view.whenSynced(stop.signal);
    expect(view.waitingFor()).toEqual([]);
    expect([...asked].toSorted()).toEqual([
      'all namespaces',
      'closed secrets',
      'closed serviceaccounts',
      'kube-system configmaps',
      'shop secrets',
      'shop serviceaccounts',
    ]);
    expect(view.namespaceNames()).toEqual(['shop']);
    expect(view.namespace('shop')?.serviceAccounts).toHaveLength(1);
    stop.abort();
  });

  it('does not take a namespace that it may not look into for one with nothing in it', async () => {
    const { view, stop } = stage();
    await view.whenSynced(stop.signal);
    expect(view.namespace('closed')).toBeUndefined();
    expect(view.namespace('elsewhere')).toBeUndefined();
    stop.abort();
  });

  it('looks at a namespace as soon as it may, also where nothing is in it', async () => {
    const { view, clock, granted, changed, stop } = stage();
    await view.whenSynced(stop.signal);
    granted.add('closed');
    changed.length = 0;
    await clock.advance(minuteMs);
    expect(changed).toContain('closed');
    expect(view.namespaceNames()).toEqual(['shop', 'closed']);
    expect(view.namespace('closed')).toMatchObject({ serviceAccounts: [], secret: undefined });
    stop.abort();
  });
});
