import { randomUUID } from 'node:crypto';
import { resetResponse } from './connection-reset.ts';
import type { AnsweringFault, Service } from './faults.ts';

/** What a client gets instead of an answer. The body is of the kind that the service's errors have. */
export function faultAnswer(service: Service, fault: AnsweringFault, nowMs: number): Response {
  switch (fault.kind) {
    case 'error':
      return errorAnswer(service, fault, {});
    case 'throttle':
      return errorAnswer(service, fault, throttleHeaders(service, fault.retryAfterMs, nowMs));
    case 'reset':
      return resetResponse();
    case 'malformed':
      return new Response('{"RequestId":"', {
        status: 200,
        headers: { 'content-type': 'application/json;charset=utf-8' },
      });
  }
}

function errorAnswer(
  service: Service,
  { status, code }: { readonly status: number; readonly code: string },
  headers: Readonly<Record<string, string>>,
): Response {
  const Message = 'A fault of the sandbox, switched on at its control port.';
  switch (service) {
    case 'container-registry':
    case 'sts':
      return Response.json(
        { RequestId: randomUUID().toUpperCase(), Code: code, Message },
        { status, headers },
      );
    case 'token-service':
      return Response.json({ errors: [{ code, message: Message }] }, { status, headers });
    case 'metadata':
      return new Response(Message, { status, headers });
  }
}

/**
 * The form is that of the official SDKs' own tests; `TimeLeft` is in ms. In which of the two the cloud puts
 * which limit is unknown, and `Reset` is taken for a time.
 */
function throttleHeaders(service: Service, retryAfterMs: number, nowMs: number): Record<string, string> {
  const retryAfter = { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
  if (service !== 'container-registry' && service !== 'sts') return retryAfter;
  const limit = `Limit:1,Remain:0,TimeLeft:${retryAfterMs},Reset:${nowMs + retryAfterMs}`;
  return { 'x-ratelimit-user-api': limit, 'x-ratelimit-user': limit };
}
