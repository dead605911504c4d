import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { CountedEnv } from '../control/count-and-inject-faults.ts';
import type { Refusal } from './refusal.ts';

/** An answer of an API, made with the request id that it has in a header too. */
export function answerWith(
  status: number,
  body: (requestId: string) => Readonly<Record<string, unknown>>,
): Response {
  const requestId = randomUUID().toUpperCase();
  const headers = { 'content-type': 'application/json;charset=utf-8', 'x-acs-request-id': requestId };
  return new Response(JSON.stringify(body(requestId)), { status, headers });
}

/**
 * The gateway's own answer has one form for RPC and ROA; its fields are those of public error reports. `product` is
 * the API's short name in the link that the answer recommends.
 */
export function answerRefusal(context: Context<CountedEnv>, product: string, refusal: Refusal): Response {
  context.set('outcome', refusal.code);
  return answerWith(refusal.status, (requestId) => ({
    RequestId: requestId,
    HostId: context.req.header('host') ?? new URL(context.req.url).host,
    Code: refusal.code,
    Message: refusal.message,
    Recommend: `https://api.aliyun.com/troubleshoot?q=${refusal.code}&product=${product}&requestId=${requestId}`,
    ...(refusal.accessDenied === undefined ? {} : { AccessDeniedDetail: refusal.accessDenied }),
  }));
}
