import { z } from 'zod';
import { Failure } from '../failures/failure.ts';
import type { RetryAdvice } from '../failures/catalogue.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import type { Sensitive } from '../runtime/sensitive.ts';
import type { Answer } from './transport.ts';

/** The error body of RPC and ROA gateways; the two differ in the case of their field names. */
const errorBody = z.object({
  Code: z.string().optional(),
  code: z.string().optional(),
  Message: z.string().optional(),
  message: z.string().optional(),
  RequestId: z.string().optional(),
  requestId: z.string().optional(),
  IsSuccess: z.boolean().optional(),
});
type ErrorBody = z.infer<typeof errorBody>;

const longestMessage = 400;
/** Longer than any limit of the gateway lasts; an absurd header must not stop renewals. */
const longestThrottleMs = 5 * 60_000;

/**
 * Reads an answer as the given shape. Throws CLOUD_THROTTLED, CLOUD_FORBIDDEN (a permission is missing),
 * CLOUD_REFUSED, CLOUD_UNREACHABLE (5xx) or CLOUD_MALFORMED; a refusal may also come with HTTP 200 and `IsSuccess: false`. Messages quote the cloud's
 * code, text and request id, and never a field of a successful answer, which could be a token.
 * `secrets` are what the request was signed with: they are cut out of what the cloud says.
 */
export function readAnswer<T>(
  what: string,
  answer: Answer,
  shape: z.ZodType<T>,
  secrets: readonly Sensitive[],
): T {
  const body = parseJsonText(answer.body);
  const error = errorBody.safeParse(body);
  const said: ErrorBody = error.success ? error.data : {};
  if (answer.status >= 400 || said.IsSuccess === false)
    throw refusal(what, answer, sayings(said, answer.status, secrets));
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const fields = read.error.issues.map((issue) => issue.path.join('.') || 'the whole body');
  throw new Failure(
    'CLOUD_MALFORMED',
    `${what}: the answer lacks a usable ${[...new Set(fields)].join(', ')}`,
  );
}

interface Said {
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
}

function sayings(body: ErrorBody, status: number, secrets: readonly Sensitive[]): Said {
  const requestId = body.RequestId ?? body.requestId;
  return {
    code: conceal(body.Code ?? body.code ?? `HTTP ${status}`, secrets),
    message: conceal(body.Message ?? body.message ?? 'no message', secrets),
    requestId: requestId === undefined ? undefined : conceal(requestId, secrets),
  };
}

/** A gateway that disputes a signature quotes the canonical request, and with it the security token. */
function conceal(text: string, secrets: readonly Sensitive[]): string {
  const forms = secrets
    .map((secret) => secret.reveal())
    .flatMap((raw) => [raw, encode(raw), encode(encode(raw))]);
  return forms.reduce((rest, form) => rest.replaceAll(form, '[sensitive]'), text).slice(0, longestMessage);
}

const encode = encodeURIComponent;

function refusal(what: string, answer: Answer, { code, message, requestId }: Said): Failure {
  const text = `${what}: ${code}, ${message}${requestId === undefined ? '' : `, request id ${requestId}`}`;
  if (answer.status === 429 || code.startsWith('Throttling')) {
    return new Failure('CLOUD_THROTTLED', text, { retry: throttleAdvice(answer) });
  }
  if (answer.status >= 500) return new Failure('CLOUD_UNREACHABLE', text);
  const isPermission = /^(NoPermission|Forbidden)/.test(code);
  return new Failure(isPermission ? 'CLOUD_FORBIDDEN' : 'CLOUD_REFUSED', text);
}

/** `x-acs-retry-after` is in ms; `x-ratelimit-user[-api]: Limit:1,Remain:0,TimeLeft:2000,Reset:…` too. */
function throttleAdvice(answer: Answer): RetryAdvice {
  const waits = [
    Number(header(answer, 'x-acs-retry-after')),
    ...['x-ratelimit-user-api', 'x-ratelimit-user'].map((name) =>
      Number(/TimeLeft:(\d+)/.exec(header(answer, name))?.[1]),
    ),
  ].filter((delayMs) => Number.isFinite(delayMs) && delayMs > 0);
  return waits.length > 0
    ? { kind: 'after', delayMs: Math.min(Math.max(...waits), longestThrottleMs) }
    : { kind: 'backoff' };
}

function header(answer: Answer, name: string): string {
  const value = answer.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}
