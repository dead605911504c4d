import type { Target } from './resource.ts';

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
