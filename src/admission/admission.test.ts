import { createServer, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { secrets } from '../kubernetes/resource.ts';
import { abandonOnAbort } from '../runtime/deadline.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { Admission } from './admission.ts';
import {
  alone,
  certificateSecretName,
  kept,
  writeKept,
  type SecretData,
} from './serving-certificate/kept-certificates.ts';
import { makeCertificate } from './serving-certificate/make-certificate.ts';

let certificates: SecretData;

beforeAll(async () => {
  const current = kept(await makeCertificate(['localhost'], Date.now(), 3_600_000));
  certificates = writeKept(alone(current));
});

/** An API server with the Secret of the certificates, where there is one, and nothing else. */
class MemoryServer {
  data: SecretData | undefined;
  readonly #hasAnswered = Promise.withResolvers<void>();

  readonly connection: Connection = {
    request: async <T>({ target, signal }: ApiCall) => {
      await abandonOnAbort(this.#hasAnswered.promise, signal);
      const metadata = { namespace: 'kube-system', name: certificateSecretName };
      const items = target.resource === secrets && this.data ? [{ metadata, data: this.data }] : [];
      return { metadata: { resourceVersion: '1' }, items } as T;
    },
    async *lines({ signal }) {
      yield* [];
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    },
    close: () => Promise.resolve(),
  };

  answer(): void {
    this.#hasAnswered.resolve();
  }
}

describe('a replica', () => {
  let server: MemoryServer;
  let clock: VirtualClock;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    server = new MemoryServer();
    clock = new VirtualClock();
    stop = new AbortController();
    running = Promise.resolve();
  });

  afterEach(async () => {
    stop.abort(new Error('the test is over'));
    // A server leaves some seconds after it was told to.
    await clock.advance(60_000);
    await running;
  });

  function start(port = 0): Admission {
    const admission = new Admission(
      {
        connection: server.connection,
        clock,
        logger: pino({ enabled: false }),
        random: () => 0,
        onRegistration: () => undefined,
        knownNamespace: () => undefined,
        knownAccount: () => undefined,
      },
      {
        mode: 'webhook',
        namespace: 'kube-system',
        secretName: 'pull-secret',
        onlyNamespaces: undefined,
        address: { host: '127.0.0.1', port },
        hosts: ['localhost'],
        certificateLifeMs: 3_600_000,
      },
    );
    running = admission.run(stop.signal);
    return admission;
  }

  it('is not ready before it knows what there is', () => {
    expect(start().waitingFor()).toEqual(['the scope in force', 'the webhook’s certificates']);
  });

  it('is ready without a certificate, which nobody makes before it leads', async () => {
    const admission = start();
    server.answer();
    await vi.waitFor(() => expect(admission.waitingFor()).toEqual([]));
  });

  it('is ready once it serves, where there is a certificate', async () => {
    server.data = certificates;
    const admission = start();
    server.answer();
    await vi.waitFor(() => expect(admission.waitingFor()).toEqual([]));
  });

  it('is not ready while it could serve and does not', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    server.data = certificates;
    const admission = start((other.address() as AddressInfo).port);
    const trouble = running.catch((thrown: unknown) => thrown);
    running = Promise.resolve();
    server.answer();
    expect(await trouble).toMatchObject({ code: 'FLAGS_INVALID' });
    expect(admission.waitingFor()).toEqual(['the admission webhook’s server']);
    await new Promise((resolve) => other.close(resolve));
  });
});
