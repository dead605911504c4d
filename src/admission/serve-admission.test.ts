import { request } from 'node:https';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PatchStep } from '../runtime/json-patch.ts';
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
      patchFor: (...all) => patchFor(...all),
    });
  });

  afterEach(() => server.close());

  interface Answer {
    readonly status: number;
    readonly connection: string | undefined;
    readonly text: string;
  }

  function post(
    body: string,
    { path = '/service-accounts', method = 'POST', trust = one } = {},
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { port } = server;
    const ca = trust.certificatePem;
    request(
      { host: '127.0.0.1', servername: 'localhost', port, path, method, ca, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection, text }),
        );
      },
    )
      .on('error', reject)
      .end(body);
    return promise;
  }

  const responseOf = ({ text }: Answer) =>
    (JSON.parse(text) as { response: { uid: string; allowed: boolean; patch?: string } }).response;

  it('answers a review with what attaches the account', async () => {
    const answer = await post(review);
    const patch = Buffer.from(JSON.stringify(steps)).toString('base64');
    expect(responseOf(answer)).toEqual({ uid: 'u', allowed: true, patchType: 'JSONPatch', patch });
  });

  it('allows without a change what it cannot decide, whatever went wrong', async () => {
    patchFor = () => Promise.reject(new TypeError('a surprise'));
    expect(responseOf(await post(review))).toEqual({ uid: 'u', allowed: true });
  });

  it('has decided before the API server loses its patience', async () => {
    patchFor = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    expect(responseOf(await post(review, { path: '/service-accounts?timeout=100ms' }))).toEqual({
      uid: 'u',
      allowed: true,
    });
  });

  it.each([
    ['something else', 400, '{}', {}],
    ['another path', 404, review, { path: '/' }],
    ['another method', 404, review, { method: 'PUT' }],
  ] as const)('refuses %s with %i', async (_, status, body, how) => {
    expect(await post(body, how)).toMatchObject({ status });
  });

  it('does not read more than the API server would send', async () => {
    const outcome = await post('x'.repeat(9 * 1024 * 1024)).catch((error: unknown) => error);
    // The answer may come while the client is still sending, which some clients take for a broken connection.
    expect(outcome instanceof Error || (outcome as Answer).status === 413).toBe(true);
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

  it('says where it cannot listen', async () => {
    const address = { host: '127.0.0.1', port: server.port };
    const parts = { logger: pino({ enabled: false }), patchFor: () => Promise.resolve([]) };
    await expect(serveAdmission(address, one, parts)).rejects.toMatchObject({
      code: 'FLAGS_INVALID',
      message: expect.stringContaining('EADDRINUSE') as string,
    });
  });
});
