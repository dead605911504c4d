import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { Failure } from '../failures/failure.ts';
import type { Clock } from '../runtime/clock.ts';
import { abandonOnAbort, deadline } from '../runtime/deadline.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import { product } from '../runtime/product.ts';
import { failureOfRefusal } from './api-error.ts';
import { pathOf, type Target } from './resource.ts';
import { ServerAccess } from './server-access.ts';
import { linesOf } from './watch-stream.ts';

/** How long something may take, and who can call it off. */
export interface Limits {
  readonly signal: AbortSignal;
  /** For the whole request; 30 s if left out. */
  readonly deadlineMs?: number;
}

/** One request to the API server. */
export interface ApiCall extends Limits {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly target: Target;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: ApiBody;
  /** The media type asked for; `application/json` if left out. */
  readonly accept?: string;
  /** Asked at the very moment of sending; what it throws keeps the request back. */
  readonly beforeSending?: () => void;
}

export interface ApiBody {
  readonly mediaType: string;
  /** Sent as JSON, which is YAML too. */
  readonly content: unknown;
}

/**
 * The way to one API server. Whatever goes wrong is thrown as a `Failure` (KUBERNETES_…), except that an
 * aborted `signal` rejects with its own reason.
 */
export interface Connection {
  /** Sends a request and gives the parsed JSON of a 2xx answer. */
  request<T>(call: ApiCall): Promise<T>;
  /**
   * Sends a request and gives the lines of its answer as they arrive, without a deadline: it ends when the
   * server ends it, and throws KUBERNETES_UNREACHABLE when it breaks off.
   */
  lines(call: ApiCall): AsyncIterable<string>;
  /** Lets running requests end, then closes the sockets. */
  close(): Promise<void>;
}

const defaultDeadlineMs = 30_000;

/**
 * Over the current context of a kubeconfig. Opens no socket before the first request. `identity` tells several
 * processes of the same account apart in the API server's audit log.
 */
export function connectionTo(kubeConfig: KubeConfig, clock: Clock, identity?: string): Connection {
  const access = new ServerAccess(kubeConfig, clock);
  const userAgent = identity === undefined ? product : `${product} (${identity})`;
  const way = { access, userAgent };
  return {
    async request<T>(call: ApiCall): Promise<T> {
      const limits = {
        signal: deadline(call.signal, call.deadlineMs ?? defaultDeadlineMs),
        caller: call.signal,
      };
      const answer = await send(way, call, limits);
      const text = await unlessBroken(access, limits, () => answer.body.text());
      return parsedAnswer(text, call) as T;
    },
    async *lines(call) {
      const limits = { signal: call.signal, caller: call.signal };
      const answer = await send(way, call, limits);
      try {
        yield* linesOf(answer.body);
      } catch (cause) {
        throw brokenOff(access, limits, cause);
      }
    },
    close: () => access.close(),
  };
}

interface SendLimits {
  /** With the deadline. */
  readonly signal: AbortSignal;
  /** The caller's own: its abort is no failure. */
  readonly caller: AbortSignal;
}

async function send(
  { access, userAgent }: { readonly access: ServerAccess; readonly userAgent: string },
  call: ApiCall,
  limits: SendLimits,
): Promise<Dispatcher.ResponseData> {
  limits.caller.throwIfAborted();
  const answer = await unlessBroken(access, limits, async () => {
    const { headers, dispatcher } = await abandonOnAbort(access.current(), limits.signal);
    call.beforeSending?.();
    return await dispatcher.request({
      origin: access.server.origin,
      path: pathAndQuery(access.server, call),
      method: call.method,
      headers: { 'user-agent': userAgent, ...headersFor(call), ...headers },
      body: call.body === undefined ? null : JSON.stringify(call.body.content),
      signal: limits.signal,
    });
  });
  if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
  if (answer.statusCode === 401) access.doubt();
  const body = await unlessBroken(access, limits, () => answer.body.text());
  throw failureOfRefusal({ ...call, statusCode: answer.statusCode, retryAfter: retryAfterOf(answer), body });
}

async function unlessBroken<T>(access: ServerAccess, limits: SendLimits, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw brokenOff(access, limits, cause);
  }
}

function brokenOff(access: ServerAccess, limits: SendLimits, cause: unknown): unknown {
  if (limits.caller.aborted) return limits.caller.reason;
  if (cause instanceof Failure) return cause;
  const why = limits.signal.aborted ? 'not in time' : causeCode(cause);
  return new Failure('KUBERNETES_UNREACHABLE', `no answer from ${access.server.host}: ${why}`, { cause });
}

/** Only the kind of trouble: a library's own message may quote the request. */
function causeCode(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

function headersFor(call: ApiCall): Record<string, string> {
  const general = { accept: call.accept ?? 'application/json' };
  return call.body === undefined ? general : { ...general, 'content-type': call.body.mediaType };
}

function pathAndQuery(server: URL, call: ApiCall): string {
  const query = new URLSearchParams(call.query).toString();
  const path = server.pathname.replace(/\/$/, '') + pathOf(call.target);
  return query === '' ? path : `${path}?${query}`;
}

function retryAfterOf(answer: Dispatcher.ResponseData): string | undefined {
  const header = answer.headers['retry-after'];
  return Array.isArray(header) ? header[0] : header;
}

function parsedAnswer(text: string, call: ApiCall): unknown {
  const answer = parseJsonText(text);
  if (answer !== undefined) return answer;
  const what = `${call.method} ${pathOf(call.target)}`;
  throw new Failure('KUBERNETES_UNREACHABLE', `${what}: the answer is not JSON`);
}
