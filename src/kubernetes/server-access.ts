import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import { Failure } from '../failures/failure.ts';
import type { Clock } from '../runtime/clock.ts';

/** Everything a request needs besides itself. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/**
 * Token files, client certificates and CAs are exchanged under a running process, so they are looked at again
 * after so long; client-node itself keeps a token for up to a minute, as client-go does.
 */
const credentialsFreshForMs = 10_000;

/** Only used where the server does not speak HTTP/2. */
const http1Connections = 32;

const dispatcherOptions = {
  connections: http1Connections,
  allowH2: true,
  // An unanswered ping is how a silently dead connection is noticed; otherwise each request would wait for its deadline on it.
  h2Options: { pingInterval: 15_000 },
  keepAliveTimeout: 60_000,
  // Each request has a deadline of its own, and each watch a limit on its silence.
  headersTimeout: 0,
  bodyTimeout: 0,
} as const;

const tcpOptions = {
  timeout: 10_000,
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  preferH2: true,
} as const;

type Credentials = Pick<
  RequestOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername' | 'auth' | 'headers'
>;

/** Credentials and connections for the current context of a kubeconfig. Environment proxies are not looked at. */
export class ServerAccess {
  readonly server: URL;
  readonly #kubeConfig: KubeConfig;
  readonly #clock: Clock;
  #current: Access | undefined;
  #currentTls = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<Access> | undefined;

  constructor(kubeConfig: KubeConfig, clock: Clock) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) {
      throw new Failure('FLAGS_INVALID', 'the kubeconfig has no current context with a cluster');
    }
    this.server = new URL(cluster.server);
    this.#kubeConfig = kubeConfig;
    this.#clock = clock;
  }

  /** Throws KUBERNETES_UNREACHABLE where the credentials cannot be had. */
  current(): Promise<Access> {
    const isFresh = this.#clock.monotonicMs() < this.#lookedAtMs + credentialsFreshForMs;
    if (this.#current !== undefined && isFresh) return Promise.resolve(this.#current);
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** The server did not accept the credentials: they are looked at again before the next request. */
  doubt(): void {
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Lets running requests end, then closes the sockets. */
  async close(): Promise<void> {
    await this.#current?.dispatcher.close();
  }

  async #look(): Promise<Access> {
    const credentials: RequestOptions & Credentials = {};
    try {
      await this.#kubeConfig.applyToHTTPSOptions(credentials);
    } catch (cause) {
      const message = `no credentials for ${this.server.host}: ${this.#whyNoCredentials(cause)}`;
      throw new Failure('KUBERNETES_UNREACHABLE', message, { cause });
    }
    const tls = digestOf(credentials);
    const previous = this.#current?.dispatcher;
    const isSame = previous !== undefined && tls === this.#currentTls;
    const dispatcher = isSame ? previous : this.#dispatcher(credentials);
    this.#current = { headers: headersOf(credentials), dispatcher };
    this.#currentTls = tls;
    this.#lookedAtMs = this.#clock.monotonicMs();
    // What still runs over the old connections, watches too, ends first.
    if (!isSame) previous?.close().catch(() => undefined);
    return this.#current;
  }

  /** An exec plugin's failure may quote what the plugin printed: a token. */
  #whyNoCredentials(cause: unknown): string {
    const user = this.#kubeConfig.getCurrentUser();
    if (user?.exec !== undefined || user?.authProvider?.config?.exec !== undefined) {
      return 'the exec plugin of the kubeconfig failed';
    }
    return cause instanceof Error ? cause.message : 'unknown';
  }

  #dispatcher(credentials: Credentials): Dispatcher {
    const tls = tlsOptionsOf(credentials);
    const proxyUrl = this.#kubeConfig.getCurrentCluster()?.proxyUrl;
    if (proxyUrl === undefined)
      return new Agent({ ...dispatcherOptions, connect: { ...tcpOptions, ...tls } });
    return new ProxyAgent({ ...dispatcherOptions, uri: proxyUrl, requestTls: { ...tcpOptions, ...tls } });
  }
}

function tlsOptionsOf(credentials: Credentials): Omit<Credentials, 'auth' | 'headers'> {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = credentials;
  const all = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function digestOf(credentials: Credentials): string {
  return createHash('sha256')
    .update(JSON.stringify(tlsOptionsOf(credentials)))
    .digest('hex');
}

function headersOf(credentials: Credentials): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(credentials.headers ?? {})) {
    // A token file ends with a line break more often than not.
    headers[name.toLowerCase()] = String(value).trim();
  }
  if (typeof credentials.auth === 'string') {
    headers['authorization'] = `Basic ${Buffer.from(credentials.auth).toString('base64')}`;
  }
  return headers;
}
