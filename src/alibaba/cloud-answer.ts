import { z } from 'zod';
import type { RetryAdvice } from '../failures/catalogue.ts';
import { quoteRefusal, type CloudRefusal } from '../failures/cloud-refusal.ts';
import { Failure } from '../failures/failure.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import type { Sensitive } from '../runtime/sensitive.ts';
import { readRefusal } from './cloud-refusal.ts';
import type { Answer } from './transport.ts';

const outcome = z.object({ IsSuccess: z.boolean().optional() });

/** Longer than any limit of the gateway lasts; an absurd header must not stop renewals. */
const longestThrottleMs = 5 * 60_000;

/**
 * Reads an answer as the given shape. Throws CLOUD_THROTTLED, CLOUD_FORBIDDEN (a permission is missing),
 * CLOUD_REFUSED, CLOUD_UNREACHABLE (5xx) or CLOUD_MALFORMED; a refusal may also come with HTTP 200 and
 * `IsSuccess: false`. Messages quote the cloud's code, text and request id, and never a field of a successful answer,
 * which could be a token; the failure's `refusal` has them apart.
 * `secrets` are what the request was signed with: they are cut out of what the cloud says.
 */
export function readAnswer<T>(
  what: string,
  answer: Answer,
  shape: z.ZodType<T>,
  secrets: readonly Sensitive[],
): T {
  const body = parseJsonText(answer.body);
  if (answer.status >= 400 || outcome.safeParse(body).data?.IsSuccess === false) {
    throw failureOf(answer, readRefusal(what, { status: answer.status, body }, secrets));
  }
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const fields = read.error.issues.map((issue) => issue.path.join('.') || 'the whole body');
  throw new Failure(
    'CLOUD_MALFORMED',
    `${what}: the answer lacks a usable ${[...new Set(fields)].join(', ')}`,
  );
}

function failureOf(answer: Answer, refusal: CloudRefusal): Failure {
  const { code } = refusal;
  const text = quoteRefusal(refusal);
  const about = { refusal, topic: code };
  if (answer.status === 429 || code.startsWith('Throttling')) {
    return new Failure('CLOUD_THROTTLED', text, { ...about, retry: throttleAdvice(answer) });
  }
  if (answer.status >= 500) return new Failure('CLOUD_UNREACHABLE', text, about);
  const isPermission = /^(NoPermission|Forbidden)/.test(code);
  return new Failure(isPermission ? 'CLOUD_FORBIDDEN' : 'CLOUD_REFUSED', text, about);
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
