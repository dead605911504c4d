import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { configMaps } from '../kubernetes/resource.ts';
import { scopeName } from '../pull-secrets/published-scope.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { AdmissionView } from './admission-view.ts';

const good = {
  'watch-namespace': 'team-a',
  'service-account': 'default',
  'webhook-configuration': 'enable: true\nfailure-policy: Fail\ntimeout-seconds: 3\n',
};

function publication(data: Readonly<Record<string, string>>, resourceVersion: string): object {
  return { metadata: { namespace: 'kube-system', name: scopeName, resourceVersion }, data };
}

/** An API server with what was published at first, which the second of these replaces when it is told to. */
function servedBy(
  data: typeof good,
  then: { readonly data: object; readonly when: Promise<void> },
): Connection {
  return {
    request: <T>({ target }: ApiCall) => {
      const items = target.resource === configMaps ? [publication(data, '1')] : [];
      return Promise.resolve({ metadata: { resourceVersion: '1' }, items } as T);
    },
    async *lines({ target, signal }) {
      await then.when;
      const object = publication({ ...data, ...then.data }, '2');
      if (target.resource === configMaps) yield JSON.stringify({ type: 'MODIFIED', object });
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    },
    close: () => Promise.resolve(),
  };
}

describe('what a leader has published', () => {
  it.each([
    ['what it says of the webhook', { 'webhook-configuration': 'enable: true\nfailure-policy: fial' }],
    ['its scope', { 'watch-namespace': 'Team A' }],
  ])('holds on where somebody spoils %s', async (_, spoilt) => {
    const spoiling = Promise.withResolvers<void>();
    const connection = servedBy(good, { data: spoilt, when: spoiling.promise });
    const logger = pino({ enabled: false });
    const onChange = vi.fn<() => void>();
    const stop = new AbortController();
    const view = new AdmissionView(
      { connection, clock: new VirtualClock(), logger, random: () => 0 },
      { namespace: 'kube-system', watchesCertificates: false, onChange },
    );
    const running = view.run(stop.signal);
    await view.whenSynced(stop.signal);
    const webhook = { isEnabled: true, failurePolicy: 'Fail', timeoutSeconds: 3 };
    const before = view.published();
    expect(before).toMatchObject({
      webhook,
      scope: { namespaces: { included: { names: new Set(['team-a']) } } },
    });
    onChange.mockClear();
    spoiling.resolve();
    await vi.waitFor(() => expect(onChange).toHaveBeenCalled());
    expect(view.published()).toEqual(before);
    stop.abort(new Error('the test is over'));
    await running.catch(() => undefined);
  });
});
