import type { FailureCode, RetryAdvice } from '../failures/catalogue.ts';
import { Failure } from '../failures/failure.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import { pathOf, secrets, type Target } from './resource.ts';

/** The API server's own account of what went wrong (`meta/v1` Status), as far as it is read. */
export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly field?: string }[];
  };
}

/** An answer that is not a success. */
export interface Refusal {
  readonly method: string;
  readonly target: Target;
  readonly statusCode: number;
  /** The header, as it came. */
  readonly retryAfter?: string | undefined;
  readonly body: string;
}

export function failureOfRefusal(refusal: Refusal): Failure {
  const status = parsedStatus(refusal.body);
  const retryAfterSeconds = Number(refusal.retryAfter ?? status.details?.retryAfterSeconds ?? Number.NaN);
  return failure({ ...status, code: refusal.statusCode }, retryAfterSeconds, refusal);
}

/** For the ERROR event of a watch, which comes after a successful answer. */
export function failureOfStatus(status: Status, target: Target): Failure {
  const retryAfterSeconds = status.details?.retryAfterSeconds ?? Number.NaN;
  return failure(status, retryAfterSeconds, { method: 'watch', target });
}

function failure(
  status: Status,
  retryAfterSeconds: number,
  request: { method: string; target: Target },
): Failure {
  const retry = retryAdvice(retryAfterSeconds);
  const code = failureCode(status, retry !== undefined);
  const message = `${request.method} ${pathOf(request.target)}: ${account(status, request.target)}`;
  return new Failure(code, message, retry === undefined ? {} : { retry });
}

const plainCodes: ReadonlyMap<number, FailureCode> = new Map([
  [404, 'KUBERNETES_NOT_FOUND'],
  [409, 'KUBERNETES_CONFLICT'],
  [410, 'KUBERNETES_GONE'],
  [429, 'KUBERNETES_THROTTLED'],
]);

function failureCode(status: Status, hasRetryAfter: boolean): FailureCode {
  const statusCode = status.code ?? 0;
  const plain = plainCodes.get(statusCode);
  if (plain !== undefined) return plain;
  if (statusCode === 403 && isAboutPermissions(status)) return 'KUBERNETES_FORBIDDEN';
  if (statusCode === 422 && isPatchThatDoesNotFit(status)) return 'KUBERNETES_CONFLICT';
  if (statusCode === 503 && hasRetryAfter) return 'KUBERNETES_THROTTLED';
  return statusCode >= 500 && !isAboutSize(status) ? 'KUBERNETES_UNREACHABLE' : 'KUBERNETES_REFUSED';
}

/**
 * The API server hands on as an internal error that etcd takes no object of that size. Nobody but the object's
 * own people may be held up by that: etcd's `ErrRequestTooLarge`, and its client's own limit.
 */
function isAboutSize({ message = '' }: Status): boolean {
  return message.includes('request is too large') || message.includes('message larger than max');
}

/** An authorizer's refusal names the user; quotas, admission and a terminating namespace answer 403 as well. */
function isAboutPermissions(status: Status): boolean {
  return status.message === undefined || status.message.includes('User "');
}

/** A JSON Patch whose `test` does not hold, or whose path is gone: 422 like a validation error, but no causes. */
function isPatchThatDoesNotFit(status: Status): boolean {
  return status.details !== undefined && status.details.causes === undefined;
}

const longestRetryAfterMs = 5 * 60_000;

function retryAdvice(retryAfterSeconds: number): RetryAdvice | undefined {
  if (!Number.isFinite(retryAfterSeconds) || retryAfterSeconds <= 0) return undefined;
  return { kind: 'after', delayMs: Math.min(retryAfterSeconds * 1000, longestRetryAfterMs) };
}

/**
 * What to tell the operator. Validation messages quote values, so of a refused Secret only reasons and field
 * names are told, and the message itself where it is an authorizer's.
 */
function account(status: Status, target: Target): string {
  const reason = [status.code, status.reason].filter((part) => part !== undefined).join(' ');
  const mayQuoteSecret =
    target.resource.plural === secrets.plural && !(status.code === 403 && isAboutPermissions(status));
  if (!mayQuoteSecret) return status.message === undefined ? reason : `${reason}: ${status.message}`;
  const causes = (status.details?.causes ?? []).map((cause) => `${cause.field ?? '?'} ${cause.reason ?? ''}`);
  return causes.length === 0 ? reason : `${reason} (${causes.join(', ')})`;
}

/** A proxy in between answers in its own words; those are left out. */
function parsedStatus(body: string): Status {
  const value = parseJsonText(body);
  const isObject = typeof value === 'object' && value !== null;
  return isObject && 'kind' in value && value.kind === 'Status' ? (value as Status) : {};
}
