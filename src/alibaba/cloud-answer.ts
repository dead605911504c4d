import { z } from 'zod';
import { Failure } from '../failures/failure.ts';
import type { RetryAdvice } from '../failures/catalogue.ts';
import type { Sensitive } from '../runtime/sensitive.ts';
import { parseJsonText } from './json-text.ts';
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

/**
 * Reads an answer as the given shape. Throws CLOUD_THROTTLED, CLOUD_REFUSED, CLOUD_UNREACHABLE (5xx) or
 * CLOUD_MALFORMED; a refusal may also come with HTTP 200 and `IsSuccess: false`. Messages quote the cloud's
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
  if (answer.status >= 400 || said.IsSuccess === false) throw refusal(what, answer, conceal(said, secrets));
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const fields = read.error.issues.map((issue) => issue.path.join('.') || 'the whole body');
  throw new Failure(
    'CLOUD_MALFORMED',
    `${what}: the answer lacks a usable ${[...new Set(fields)].join(', ')}`,
  );
}

/** A gateway that disputes a signature quotes the canonical request, and with it the security token. */
function conceal(said: ErrorBody, secrets: readonly Sensitive[]): ErrorBody {
  const text = said.Message ?? said.message;
  if (text === undefined) return said;
  const concealed = secrets.reduce((rest, secret) => rest.replaceAll(secret.reveal(), '[sensitive]'), text);
  return { ...said, Message: concealed.slice(0, longestMessage) };
}

function refusal(what: string, answer: Answer, said: ErrorBody): Failure {
  const code = said.Code ?? said.code ?? `HTTP ${answer.status}`;
  const requestId = said.RequestId ?? said.requestId;
  const message = [
    `${what}: ${code}`,
    said.Message ?? said.message ?? 'no message',
    requestId === undefined ? undefined : `request id ${requestId}`,
  ];
  const text = message.filter((part) => part !== undefined).join(', ');
  if (answer.status === 429 || code.startsWith('Throttling')) {
    return new Failure('CLOUD_THROTTLED', text, { retry: throttleAdvice(answer) });
  }
  return new Failure(answer.status >= 500 ? 'CLOUD_UNREACHABLE' : 'CLOUD_REFUSED', text);
}

/** `x-acs-retry-after` is in ms; `x-ratelimit-user[-api]: Limit:1,Remain:0,TimeLeft:2000,Reset:…` too. */
function throttleAdvice(answer: Answer): RetryAdvice {
  const waits = [
    Number(header(answer, 'x-acs-retry-after')),
    ...['x-ratelimit-user-api', 'x-ratelimit-user'].map((name) =>
      Number(/TimeLeft:(\d+)/.exec(header(answer, name))?.[1]),
    ),
  ].filter((delayMs) => Number.isFinite(delayMs) && delayMs > 0);
  return waits.length > 0 ? { kind: 'after', delayMs: Math.max(...waits) } : { kind: 'backoff' };
}

function header(answer: Answer, name: string): string {
  const value = answer.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}
