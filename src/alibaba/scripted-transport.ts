import { Failure } from '../failures/failure.ts';
import type { ApiRequest } from './api-request.ts';
import type { Transport } from './transport.ts';

export interface SentCall {
  readonly action: string;
  /** The parameters, from wherever they were. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly sent: ApiRequest;
}

type Reply = (call: SentCall) => { readonly status: number; readonly body: unknown };

/** A cloud for tests: answers each action in its way, and keeps what was sent. An action without one is not reached. */
export class ScriptedTransport implements Transport {
  readonly calls: SentCall[] = [];
  readonly #replies: Readonly<Record<string, Reply>>;

  constructor(replies: Readonly<Record<string, Reply>>) {
    this.#replies = replies;
  }

  send(sent: ApiRequest): ReturnType<Transport['send']> {
    const action = sent.headers['x-acs-action'] ?? '';
    const form = Object.fromEntries(new URLSearchParams(sent.body));
    const call = { action, parameters: { ...Object.fromEntries(sent.url.searchParams), ...form }, sent };
    this.calls.push(call);
    const reply = this.#replies[action]?.(call);
    if (reply === undefined)
      return Promise.reject(new Failure('CLOUD_UNREACHABLE', `no answer to ${action}`));
    return Promise.resolve({ status: reply.status, headers: {}, body: JSON.stringify(reply.body) });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What STS answers where it opens a session: its access key is `session-<name>`. */
export function sessionAnswer(name: string, expiresAtMs: number): { status: number; body: unknown } {
  const Credentials = {
    AccessKeyId: `session-${name}`,
    AccessKeySecret: `secret-of-${name}`,
    SecurityToken: `token-of-${name}`,
    Expiration: new Date(expiresAtMs).toISOString().replace('.000Z', 'Z'),
  };
  return { status: 200, body: { RequestId: 'R-1', Credentials } };
}
