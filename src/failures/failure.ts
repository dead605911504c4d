import { catalogue, type FailureCode, type RetryAdvice } from './catalogue.ts';
import type { CloudRefusal } from './cloud-refusal.ts';

export interface FailureOptions {
  /** Overrides the catalogue's advice, e.g. with the delay that a throttling answer asks for. */
  readonly retry?: RetryAdvice;
  readonly cause?: unknown;
  /** What the cloud said, for whoever can explain it. */
  readonly refusal?: CloudRefusal;
  /** What tells it from others, where the message changes each time, e.g. for a request id; the code if left out. */
  readonly topic?: string;
}

/**
 * What is thrown when something outside did not work. `message` is written for operators and never holds a
 * token, key or password; tests and programs look at `code`.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly retry: RetryAdvice;
  /** Present where Alibaba Cloud answered with an error. */
  readonly refusal: CloudRefusal | undefined;
  /** The same text for the same trouble. */
  readonly topic: string;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.retry = options.retry ?? catalogue[code];
    this.refusal = options.refusal;
    this.topic = options.topic ?? code;
  }
}

/** A code and a message for logs, whatever was thrown. A cause's own text stays out: it may quote a request. */
export function describeFailure(thrown: unknown): { code: string; message: string } {
  if (thrown instanceof Failure) return { code: thrown.code, message: thrown.message };
  if (thrown instanceof Error) return { code: 'UNEXPECTED', message: `${thrown.name}: ${thrown.message}` };
  return { code: 'UNEXPECTED', message: 'something that is not an Error was thrown' };
}
