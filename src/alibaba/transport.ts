import { createSecureContext, getCACertificates } from 'node:tls';
import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici';
import { Failure } from '../failures/failure.ts';
import { deadline } from '../runtime/deadline.ts';
import type { ApiRequest } from './api-request.ts';
import type { HttpsProxy } from './https-proxy.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends a request and reads the whole answer. Throws CLOUD_UNREACHABLE; any status is an answer. */
export interface Transport {
  send(sent: ApiRequest, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** How requests leave. */
export interface Way {
  readonly proxy: HttpsProxy | undefined;
  /** As in the variable NO_PROXY. */
  readonly noProxy: string;
  /** Certificates in PEM form that are trusted besides Node's own, of the cloud as of the proxy. */
  readonly authorities: readonly string[];
}

const answerDeadlineMs = 15_000;
/** A login is a few KiB; more than this is not an answer of these APIs. */
const longestAnswerBytes = 1024 * 1024;

export function transportThrough(way: Way): Transport {
  const tls = tlsOptions(way);
  const dispatcher: Dispatcher = new EnvHttpProxyAgent({
    httpProxy: '',
    httpsProxy: way.proxy?.url.reveal() ?? '',
    noProxy: way.noProxy,
    connect: tls,
    requestTls: tls,
    proxyTls: tls,
    connectTimeout: tls.timeout,
    maxResponseSize: longestAnswerBytes,
  });
  return {
    async send(sent, signal) {
      const limited = deadline(signal, answerDeadlineMs);
      try {
        const { url, method, headers, body = null } = sent;
        const answer = await request(url, { method, headers, body, dispatcher, signal: limited });
        return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
      } catch (cause) {
        signal.throwIfAborted();
        throw new Failure('CLOUD_UNREACHABLE', unreachable(sent.url, way, cause), { cause });
      }
    },
    close: () => dispatcher.close(),
  };
}

function tlsOptions({ authorities }: Way) {
  const timeout = 5_000;
  if (authorities.length === 0) return { timeout };
  // Made once: reading Node's own hundred and more takes longer than a handshake.
  const ca = [...getCACertificates('default'), ...authorities];
  return { timeout, secureContext: createSecureContext({ ca }) };
}

function unreachable(url: URL, way: Way, cause: unknown): string {
  return `no answer from ${url.host}${by(way)}: ${reasonOf(cause)}; ${mendOf(cause)}`;
}

function by({ proxy, noProxy }: Way): string {
  if (proxy === undefined) return '';
  const unless = noProxy === '' ? '' : ' (unless NO_PROXY exempts it)';
  return ` through the HTTPS proxy ${proxy.host}${unless}`;
}

/** Only the kind of network trouble: a library's own message may quote the URL or a header. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  if (cause.name === 'TimeoutError') return `nothing within ${answerDeadlineMs / 1000} s`;
  const status = proxyStatusOf(cause);
  return status === undefined ? (codeOf(cause) ?? cause.name) : `the proxy answered HTTP ${status}`;
}

/** OpenSSL's codes of a chain that ends in an authority that is not trusted here. */
const untrusted: ReadonlySet<string | undefined> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function mendOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'can it be reached from here?';
  if (untrusted.has(codeOf(cause))) {
    return 'its certificate is of an authority that is not trusted here; if a proxy reads along, name its authority with --ca-file';
  }
  if (proxyStatusOf(cause) === '407') return 'are the user and the password in HTTPS_PROXY right?';
  if (proxyStatusOf(cause) !== undefined) return 'does the proxy allow this host?';
  return 'is the region right, and can it be reached from here?';
}

function codeOf(cause: Error): string | undefined {
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

/** What a proxy said to CONNECT, which undici tells in its message only. */
function proxyStatusOf(cause: Error): string | undefined {
  return /^Proxy response \((\d{3})\)/.exec(cause.message)?.[1];
}
