import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici';
import { Failure } from '../failures/failure.ts';
import { deadline } from '../runtime/deadline.ts';
import type { ApiRequest } from './api-request.ts';

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

export interface ProxyChoice {
  /** As in the environment variables of the same names; undefined means a direct connection. */
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

const answerDeadlineMs = 15_000;
/** A login is a few KiB; more than this is not an answer of these APIs. */
const longestAnswerBytes = 1024 * 1024;

export function transportThrough(proxy: ProxyChoice): Transport {
  const dispatcher: Dispatcher = new EnvHttpProxyAgent({
    httpProxy: '',
    httpsProxy: proxy.httpsProxy ?? '',
    noProxy: proxy.noProxy ?? '',
    connect: { timeout: 5_000 },
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
        throw new Failure('CLOUD_UNREACHABLE', unreachable(sent.url, proxy, cause), { cause });
      }
    },
    close: () => dispatcher.close(),
  };
}

function unreachable(url: URL, proxy: ProxyChoice, cause: unknown): string {
  const way = proxy.httpsProxy === undefined ? '' : ' through the HTTPS proxy';
  return `no answer from ${url.host}${way}: ${reasonOf(cause)}; is the region right, and can it be reached from here?`;
}

/** Only the kind of network trouble: a library's own message may quote the URL or a header. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  if (cause.name === 'TimeoutError') return `nothing within ${answerDeadlineMs / 1000} s`;
  const code: unknown = 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : cause.name;
}
