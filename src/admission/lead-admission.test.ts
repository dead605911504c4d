import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebhookRegistration } from '../pull-secrets/webhook-registration.ts';
import { Bell } from '../runtime/bell.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { everything, nothing } from '../settings/selection.ts';
import type { PublishedSettings } from './admission-view.ts';
import { keepAdmissionClosed, leadAdmission } from './lead-admission.ts';
import { MemoryServer } from './memory-server.ts';
import { readKept, trustBundle } from './serving-certificate/kept-certificates.ts';

const dayMs = 24 * 3600_000;
const lifeMs = 90 * dayMs;
const all = { included: everything, excluded: nothing };
const off: PublishedSettings = {
  scope: { namespaces: all, serviceAccounts: all },
  webhook: { isEnabled: false, failurePolicy: 'Ignore', timeoutSeconds: 10 },
};
const on: PublishedSettings = {
  scope: { namespaces: all, serviceAccounts: all },
  webhook: { isEnabled: true, failurePolicy: 'Fail', timeoutSeconds: 5 },
};

describe('the leader', { timeout: 30_000 }, () => {
  let server: MemoryServer;
  let clock: VirtualClock;
  let stop: AbortController;
  let isServing: boolean;
  let seen: WebhookRegistration[];
  let seenForPods: boolean[];
  let warnings: string[];

  beforeEach(() => {
    server = new MemoryServer();
    server.published = on;
    clock = new VirtualClock();
    stop = new AbortController();
    isServing = true;
    seen = [];
    seenForPods = [];
    warnings = [];
  });

  afterEach(() => stop.abort(new Error('the test is over')));

  function lead({
    makesCertificates = true,
    trustPem = undefined as string | undefined,
  } = {}): Promise<void> {
    const bell = new Bell(clock);
    server.bells.push(bell);
    const view = {
      published: () => server.published,
      certificates: () => server.certificates(),
      whenSynced: () => Promise.resolve(),
    };
    const parts = {
      connection: server.connection,
      clock,
      logger: pino({ level: 'warn' }, { write: (line) => warnings.push(line) }),
      random: () => 0,
      view,
      bell,
      isOn: () => server.published?.webhook.isEnabled ?? true,
      isServing: () => isServing,
      onRegistration: (registration: WebhookRegistration, isForPods: boolean) => {
        seen.push(registration);
        seenForPods.push(isForPods);
      },
    };
    const making = { namespace: 'kube-system', hosts: ['a.svc'], certificateLifeMs: lifeMs };
    return leadAdmission(parts, { making: makesCertificates ? making : undefined, trustPem }, stop.signal);
  }

  const kept = () => readKept(server.secret?.data);

  /** Keys are made outside of the virtual clock. */
  async function eventually(check: () => void): Promise<void> {
    await vi.waitFor(async () => {
      await clock.advance(1_000);
      check();
    }, 10_000);
  }

  const registered = () => {
    const all = kept();
    const rules = (server.webhook?.['rules'] ?? []) as readonly unknown[];
    return {
      ...server.webhook,
      clientConfig: all && trustBundle(all) === server.trusted ? 'trusts what is served' : 'does not',
      rules: rules.length,
    };
  };
  const complete = {
    name: 'attach.x.svc',
    clientConfig: 'trusts what is served',
    failurePolicy: 'Fail',
    timeoutSeconds: 5,
    rules: 1,
  };

  it('makes a certificate, and has the API server ask once somebody answers', async () => {
    isServing = false;
    void lead();
    await eventually(() => expect(server.trusted).toContain('BEGIN CERTIFICATE'));
    expect(server.webhook?.['rules'] ?? []).toEqual([]);
    isServing = true;
    server.ring();
    await eventually(() => expect(registered()).toEqual(complete));
    expect(server.served).toHaveLength(1);
  });

  it('opens it by the terms that came with the word to do so, also while it looks at the registration', async () => {
    server.published = off;
    server.onRead = () => {
      server.published = on;
    };
    void lead({ makesCertificates: false, trustPem: 'theirs' });
    await eventually(() => expect(server.opened).not.toEqual([]));
    expect(server.opened).toEqual(['Fail']);
  });

  it('exchanges the certificate well before its end, and never serves one that is not trusted', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    const first = kept()?.current.certificatePem ?? '';
    clock.pause(60 * dayMs);
    await eventually(() => expect(kept()?.nextTrustedSinceMs).toBeDefined());
    expect(kept()?.current.certificatePem).toBe(first);
    clock.pause(300_000);
    await eventually(() => expect(kept()?.current.certificatePem).not.toBe(first));
    await eventually(() => expect(registered()).toEqual(complete));
    expect(server.trusted).toContain(first);
    clock.pause(300_000);
    await eventually(() => expect(server.trusted).not.toContain(first));
    expect(server.served.length).toBeGreaterThanOrEqual(4);
    for (const { pem, trusted } of server.served) expect(trusted).toContain(pem);
  });

  it('makes another one at once where the one there is has ended', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    stop.abort(new Error('everybody is away'));
    const ended = kept()?.current;
    clock.pause(lifeMs);
    stop = new AbortController();
    void lead();
    await eventually(() => expect(kept()?.current.madeAtMs).toBeGreaterThanOrEqual(ended?.endsAtMs ?? 0));
    await eventually(() => expect(registered()).toEqual(complete));
  });

  it('counts from when it is trusted, however long nobody led after it was made', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    const first = kept()?.current.certificatePem ?? '';
    clock.pause(60 * dayMs);
    // It is stored, and then the leader is away before it could be trusted.
    server.onStored = () => stop.abort(new Error('away'));
    await eventually(() => expect(kept()?.next).toBeDefined());
    const next = kept()?.next?.certificatePem ?? '';
    expect(server.trusted).not.toContain(next);
    server.onStored = () => undefined;
    clock.pause(dayMs);
    stop = new AbortController();
    void lead();
    await eventually(() => expect(kept()?.nextTrustedSinceMs).toBeDefined());
    await clock.advance(290_000);
    expect(kept()?.current.certificatePem).toBe(first);
    await eventually(() => expect(kept()?.current.certificatePem).toBe(next));
    await clock.advance(290_000);
    expect(server.trusted).toContain(first);
    await eventually(() => expect(server.trusted).not.toContain(first));
  });

  it('goes on trusting what replicas may still serve where somebody has deleted the Secret', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    const first = kept()?.current.certificatePem ?? '';
    server.secret = undefined;
    server.ring();
    await eventually(() => expect(kept()).toBeDefined());
    expect(server.trusted).toContain(first);
    await eventually(() => expect(registered()).toEqual(complete));
    clock.pause(300_000);
    await eventually(() => expect(server.trusted).not.toContain(first));
  });

  it('begins once, also where the watch is slow to show it', async () => {
    server.isSecretShown = false;
    void lead();
    await eventually(() => expect(server.served).toHaveLength(1));
    for (let times = 0; times < 3; times += 1) {
      server.ring();
      await clock.advance(1_000);
      await vi.waitFor(() => expect(server.served).toHaveLength(1));
    }
    server.isSecretShown = true;
    server.ring();
    await eventually(() => expect(registered()).toEqual(complete));
    expect(kept()?.previousPem).toBeUndefined();
    expect(server.served).toHaveLength(1);
  });

  it('begins again where what was begun has gone before the watch could show it', async () => {
    server.isSecretShown = false;
    void lead();
    await eventually(() => expect(server.served).toHaveLength(1));
    server.secret = undefined;
    server.isSecretShown = true;
    await eventually(() => expect(server.served).toHaveLength(2));
    await eventually(() => expect(registered()).toEqual(complete));
  });

  it('comes to terms with another who believes to lead, too', async () => {
    void lead();
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    clock.pause(60 * dayMs);
    await eventually(() => expect(kept()?.nextTrustedSinceMs).toBeDefined());
    clock.pause(300_000);
    await eventually(() => expect(kept()?.next).toBeUndefined());
    await eventually(() => expect(registered()).toEqual(complete));
    clock.pause(300_000);
    await eventually(() => expect(kept()).toMatchObject({ next: undefined, previousPem: undefined }));
    // Two may begin, but only one goes on from what is there.
    expect(server.served.length).toBeLessThanOrEqual(7);
  });

  it('puts back what somebody else has changed within a minute or so', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    server.webhook = { ...server.webhook, clientConfig: {}, timeoutSeconds: 30 };
    clock.pause(60_000);
    await eventually(() => expect(registered()).toEqual(complete));
  });

  it('registers as soon as the registration is installed', async () => {
    const { webhook } = server;
    server.webhook = undefined;
    void lead();
    await eventually(() => expect(kept()).toBeDefined());
    await eventually(() => expect(seen.at(-1)).toBe('missing'));
    server.webhook = webhook;
    clock.pause(60_000);
    await eventually(() => expect(registered()).toEqual(complete));
    expect(seen.at(-1)).toBe('open');
  });

  it('misses no registration where the configuration wants no webhook', async () => {
    server.published = off;
    server.webhook = undefined;
    void lead();
    await eventually(() => expect(seen).toEqual(['closed']));
  });

  it('sees that Pods were to be asked about, also where the configuration wants no webhook', async () => {
    server.published = off;
    void lead();
    await eventually(() => expect(seen).toContain('closed'));
    expect(seenForPods).not.toContain(true);
    server.webhook = { ...server.webhook, name: 'pods.x.svc' };
    clock.pause(60_000);
    await eventually(() => expect(seenForPods.at(-1)).toBe(true));
    expect(seen.at(-1)).toBe('closed');
  });

  it('has nothing asked any more where the configuration turns the webhook off', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    server.published = off;
    server.ring();
    await eventually(() => expect(server.webhook).toMatchObject({ rules: [], failurePolicy: 'Ignore' }));
    expect(seen.at(-1)).toBe('closed');
  });

  it('leaves it as it is registered while nobody has published what the configuration says', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    server.published = undefined;
    clock.pause(60_000);
    await clock.advance(0);
    expect(registered()).toEqual(complete);
  });

  it('has nothing asked before somebody has published what the configuration says', async () => {
    server.published = undefined;
    void lead();
    await eventually(() => expect(server.trusted).toContain('BEGIN CERTIFICATE'));
    expect(server.webhook).toMatchObject({ failurePolicy: 'Fail', timeoutSeconds: 10 });
    expect(server.webhook).not.toHaveProperty('rules');
    server.published = on;
    server.ring();
    await eventually(() => expect(registered()).toEqual(complete));
  });

  it('leaves it open while somebody else answers', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    isServing = false;
    clock.pause(120_000);
    await clock.advance(0);
    expect(registered()).toEqual(complete);
  });

  it('makes no certificate where that is somebody else’s business, and has nothing asked before they are trusted', async () => {
    void lead({ makesCertificates: false });
    await eventually(() => expect(seen.at(-1)).toBe('untrusted'));
    expect(server.webhook).not.toMatchObject({ rules: [expect.anything()] });
    server.webhook = { ...server.webhook, clientConfig: { caBundle: btoa('theirs') } };
    clock.pause(60_000);
    await eventually(() => expect(server.webhook?.['rules']).toHaveLength(1));
    expect(seen.at(-1)).toBe('open');
    expect(server.secret).toBeUndefined();
    expect(server.trusted).toBe('theirs');
    server.webhook = { ...server.webhook, clientConfig: {} };
    clock.pause(60_000);
    await eventually(() => expect(server.webhook).toMatchObject({ rules: [] }));
    expect(warnings).toHaveLength(2);
  });

  it('says whom to trust with a certificate of somebody else, where it is told', async () => {
    void lead({ makesCertificates: false, trustPem: 'theirs' });
    await eventually(() => expect(seen.at(-1)).toBe('open'));
    expect(server.trusted).toBe('theirs');
    expect(server.secret).toBeUndefined();
  });

  it('counts the overlap anew where somebody has taken away that the next certificate is trusted', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    clock.pause(61 * dayMs);
    await eventually(() => expect(kept()?.nextTrustedSinceMs).toBeDefined());
    const sinceMs = kept()?.nextTrustedSinceMs ?? 0;
    server.webhook = { ...server.webhook, clientConfig: {} };
    clock.pause(120_000);
    await eventually(() => expect(kept()?.nextTrustedSinceMs ?? 0).toBeGreaterThan(sinceMs));
    expect(kept()?.next).toBeDefined();
  });

  it('has nothing asked where there is no webhook any more, as long as it is registered', async () => {
    void lead();
    await eventually(() => expect(registered()).toEqual(complete));
    const { webhook } = server;
    stop.abort(new Error('another release'));
    stop = new AbortController();
    const logger = pino({ enabled: false });
    void keepAdmissionClosed({ connection: server.connection, clock, logger, random: () => 0 }, stop.signal);
    await eventually(() => expect(server.webhook).toEqual({ ...webhook, rules: [] }));
    server.webhook = undefined;
    clock.pause(60_000);
    await clock.advance(0);
    server.webhook = webhook;
    clock.pause(60_000);
    await eventually(() => expect(server.webhook).toMatchObject({ rules: [] }));
  });
});
