import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { configMaps, namespaces, secrets } from '../kubernetes/resource.ts';
import { scopeName } from '../pull-secrets/published-scope.ts';
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
let certificatePem: string;

beforeAll(async () => {
  const current = kept(await makeCertificate(['localhost'], Date.now(), 3_600_000));
  ({ certificatePem } = current);
  certificates = writeKept(alone(current));
});

const allOfTeams = {
  'watch-namespace': 'team-*,label:pull',
  'service-account': '*',
  'webhook-configuration': 'enable: true\n',
};

const account = (name: string) => ({ kind: 'ServiceAccount', metadata: { name } });
const podOf = (serviceAccountName: string) => ({
  kind: 'Pod',
  metadata: { name: 'app' },
  spec: { serviceAccountName, imagePullSecrets: [{ name: 'mine' }] },
});

/** An API server with the Secret of the certificates and the published scope, where they are there, and namespace `new`. */
class MemoryServer {
  data: SecretData | undefined;
  published: Readonly<Record<string, string>> | undefined;
  readonly #hasAnswered = Promise.withResolvers<void>();

  readonly connection: Connection = {
    request: async <T>({ target, signal }: ApiCall) => {
      await abandonOnAbort(this.#hasAnswered.promise, signal);
      if (target.resource === namespaces) return { metadata: { name: 'new', labels: { pull: 'yes' } } } as T;
      const metadata = { namespace: 'kube-system', name: certificateSecretName };
      const certificate = this.data && [{ metadata, data: this.data }];
      const scope = this.published && [{ metadata: { ...metadata, name: scopeName }, data: this.published }];
      const items = [
        ...(target.resource === secrets ? (certificate ?? []) : []),
        ...(target.resource === configMaps ? (scope ?? []) : []),
      ];
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
  let log: string;

  beforeEach(() => {
    log = '';
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

  function start(port = 0, onlyNamespaces?: readonly string[]): Admission {
    const known = { 'team-a': {}, 'team-b': {}, elsewhere: {} };
    const admission = new Admission(
      {
        connection: server.connection,
        clock,
        logger: pino({}, { write: (line) => (log += line) }),
        random: () => 0,
        onRegistration: () => undefined,
        knownNamespace: (name) => (name in known ? { name, labels: {}, isOptedOut: false } : undefined),
        knownAccount: (_, name) => ({ name, isOptedOut: name === 'opted-out' }),
      },
      {
        mode: 'webhook',
        namespace: 'kube-system',
        secretName: 'pull-secret',
        onlyNamespaces,
        address: { host: '127.0.0.1', port },
        hosts: ['localhost'],
        certificateLifeMs: 3_600_000,
      },
    );
    running = admission.run(stop.signal);
    return admission;
  }

  /** Whether it attaches the pull secret, when it is asked as the API server does. */
  async function isAttached(namespace: string, object: object): Promise<boolean> {
    const port = await vi.waitFor(() => {
      const found = /"admissionPort":(\d+)/.exec(log)?.[1];
      if (found === undefined) throw new Error('it does not serve yet');
      return Number(found);
    });
    const path = 'spec' in object ? '/pods' : '/service-accounts';
    const asked = { uid: 'u', operation: 'CREATE', namespace, object };
    const answer = await new Promise<string>((resolve, reject) => {
      const ca = certificatePem;
      request(
        { host: '127.0.0.1', servername: 'localhost', port, path, method: 'POST', ca, agent: false },
        (response) => resolve(text(response)),
      )
        .on('error', reject)
        .end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked }));
    });
    const { response } = JSON.parse(answer) as { response: { allowed: boolean; patch?: string } };
    expect(response.allowed).toBe(true);
    return response.patch !== undefined && atob(response.patch).includes('pull-secret');
  }

  it('attaches what is in scope, and knows of a namespace that the watch has not shown and of a Pod’s account', async () => {
    Object.assign(server, { data: certificates, published: allOfTeams });
    start();
    server.answer();
    expect(await isAttached('team-a', account('app'))).toBe(true);
    expect(await isAttached('elsewhere', account('app'))).toBe(false);
    expect(await isAttached('new', account('app'))).toBe(true);
    expect(await isAttached('team-a', podOf('app'))).toBe(true);
    expect(await isAttached('team-a', podOf('opted-out'))).toBe(false);
  });

  it('attaches nothing outside of the only namespaces that are served', async () => {
    Object.assign(server, { data: certificates, published: allOfTeams });
    start(0, ['team-a']);
    server.answer();
    expect(await isAttached('team-a', account('app'))).toBe(true);
    expect(await isAttached('team-b', account('app'))).toBe(false);
  });

  it('attaches nothing before somebody has published which scope there is', async () => {
    server.data = certificates;
    start();
    server.answer();
    expect(await isAttached('team-a', account('app'))).toBe(false);
  });

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
