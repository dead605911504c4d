import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { request } from 'node:https';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../runtime/clock.ts';
import { abandonOnAbort } from '../runtime/deadline.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Review } from './review.ts';
import { serveAdmission, type AdmissionServer } from './serve-admission.ts';
import { makeCertificate, type ServingCertificate } from './serving-certificate/make-certificate.ts';

const review = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u',
    operation: 'CREATE',
    namespace: 'team-a',
    object: { kind: 'ServiceAccount', metadata: { name: 'app' } },
  },
});
const steps: readonly PatchStep[] = [{ op: 'remove', path: '/x' }];

let one: ServingCertificate;
let other: ServingCertificate;

beforeAll(async () => {
  one = await makeCertificate(['localhost'], Date.now(), 3_600_000);
  other = await makeCertificate(['localhost'], Date.now(), 3_600_000);
});

describe('the webhook’s server', () => {
  let server: AdmissionServer;
  let patchFor: (review: Review, signal: AbortSignal) => Promise<readonly PatchStep[]>;

  beforeEach(async () => {
    patchFor = () => Promise.resolve(steps);
    server = await serveAdmission({ host: '127.0.0.1', port: 0 }, one, {
      logger: pino({ enabled: false }),
      clock: systemClock,
      patchFor: (...all) => patchFor(...all),
    });
  });

  afterEach(() => server.close());

  interface Answer {
    readonly status: number;
    readonly connection: string | undefined;
    readonly text: string;
  }

  interface Sending {
    readonly request: ClientRequest;
    readonly answer: Promise<Answer>;
  }

  /** The body is to be written and ended. */
  function begin({ path = '/service-accounts', method = 'POST', trust = one, headers = {} } = {}): Sending {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { port } = server;
    const ca = trust.certificatePem;
    const sending = request(
      { host: '127.0.0.1', servername: 'localhost', port, path, method, headers, ca, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection, text }),
        );
      },
    ).on('error', reject);
    return { request: sending, answer: promise };
  }

  function post(body: string, how: Parameters<typeof begin>[0] = {}): Promise<Answer> {
    const sending = begin(how);
    sending.request.end(body);
    return sending.answer;
  }

  const responseOf = ({ text }: Answer) =>
    (JSON.parse(text) as { response: { uid: string; allowed: boolean; patch?: string } }).response;

  it('answers a review with what attaches the account', async () => {
    const answer = await post(review);
    const patch = Buffer.from(JSON.stringify(steps)).toString('base64');
    expect(responseOf(answer)).toEqual({ uid: 'u', allowed: true, patchType: 'JSONPatch', patch });
  });

  it('answers about Pods at a path of their own', async () => {
    const pod = review.replace('"ServiceAccount"', '"Pod"');
    expect(responseOf(await post(pod, { path: '/pods?timeout=2s' }))).toMatchObject({
      patchType: 'JSONPatch',
    });
  });

  it('allows without a change what it cannot decide, whatever went wrong', async () => {
    patchFor = () => Promise.reject(new TypeError('a surprise'));
    expect(responseOf(await post(review))).toEqual({ uid: 'u', allowed: true });
  });

  it('has decided before the API server loses its patience', async () => {
    const clock = new VirtualClock();
    const asked = Promise.withResolvers<AbortSignal>();
    await server.close();
    server = await serveAdmission({ host: '127.0.0.1', port: 0 }, one, {
      logger: pino({ enabled: false }),
      clock,
      patchFor: (_, signal) => {
        asked.resolve(signal);
        return abandonOnAbort(new Promise(() => undefined), signal);
      },
    });
    const answer = post(review, { path: '/service-accounts?timeout=10s' });
    const patience = await asked.promise;
    await clock.advance(5_000);
    expect(patience.aborted).toBe(false);
    await clock.advance(4_000);
    expect(patience.aborted).toBe(true);
    expect(responseOf(await answer)).toEqual({ uid: 'u', allowed: true });
  });

  it.each([
    ['something else', 400, '{}', {}],
    ['another path', 404, review, { path: '/' }],
    ['another method', 404, review, { method: 'PUT' }],
  ] as const)('refuses %s with %i', async (_, status, body, how) => {
    expect(await post(body, how)).toMatchObject({ status });
  });

  /** Above what it holds of one request. */
  const tooMuch = `{}${' '.repeat(1024 * 1024)}`;

  it('refuses what is larger than two service accounts can be before it is sent', async () => {
    const outcome = await post(tooMuch).catch((error: unknown) => error);
    // The answer may come while the client is still sending, which some clients take for a broken connection.
    expect(outcome instanceof Error || (outcome as Answer).status === 413).toBe(true);
    expect(responseOf(await post(review)).allowed).toBe(true);
  });

  it('refuses it as well where its size is not said', async () => {
    const sending = begin();
    sending.request.write('{}');
    sending.request.write(tooMuch);
    expect(await sending.answer).toMatchObject({ status: 413 });
    sending.request.destroy();
  });

  it('holds no more of all requests together than it has room for, and has it again afterwards', async () => {
    const half = ' '.repeat(1024 * 1024 - review.length);
    const all = Array.from({ length: 6 }, () => begin());
    for (const { request: each } of all) each.write(half);
    const first = await Promise.race(all.map(({ answer }) => answer));
    expect(first.status).toBe(503);
    for (const { request: each } of all) each.end(review);
    const outcomes = await Promise.allSettled(all.map(({ answer }) => answer));
    const statuses = outcomes.map((each) => (each.status === 'fulfilled' ? each.value.status : 'broken off'));
    // One that is through makes room for the next.
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
    expect(responseOf(await post(review)).allowed).toBe(true);
  });

  it('serves another certificate from the next connection on', async () => {
    server.useCertificate(other);
    expect(responseOf(await post(review, { trust: other })).allowed).toBe(true);
    await expect(post(review, { trust: one })).rejects.toThrow(/self-signed|unable to verify/);
  });

  it('asks its clients to connect anew when it is about to end', async () => {
    server.sendClientsAway();
    expect((await post(review)).connection).toBe('close');
  });

  it('lets a request end that has begun, and waits some seconds for one that does not', async () => {
    const clock = new VirtualClock();
    const parts = { logger: pino({ enabled: false }), clock, patchFor: () => Promise.resolve(steps) };
    await server.close();
    server = await serveAdmission({ host: '127.0.0.1', port: 0 }, one, parts);
    const headers = { expect: '100-continue' };
    const [ending, endless] = [begin({ headers }), begin({ headers })];
    const both = [ending.request, endless.request];
    for (const each of both) each.write(review.slice(0, 10));
    const broken = endless.answer.catch((error: unknown) => error);
    await Promise.all(both.map((each) => once(each, 'continue')));
    const closing = server.close();
    ending.request.end(review.slice(10));
    expect(responseOf(await ending.answer).allowed).toBe(true);
    await vi.waitFor(async () => {
      await clock.advance(1_000);
      expect(await Promise.race([closing.then(() => 'closed'), setImmediate('open')])).toBe('closed');
    });
    expect(await broken).toBeInstanceOf(Error);
  });

  it('says where it cannot listen', async () => {
    const address = { host: '127.0.0.1', port: server.port };
    const parts = {
      logger: pino({ enabled: false }),
      clock: systemClock,
      patchFor: () => Promise.resolve([]),
    };
    await expect(serveAdmission(address, one, parts)).rejects.toMatchObject({
      code: 'FLAGS_INVALID',
      message: expect.stringContaining('EADDRINUSE') as string,
    });
  });
});
