import { Refusal } from './refusal.ts';

/** A request as it came over the wire: what signatures are calculated over. */
export interface PresentedCall {
  readonly method: string;
  readonly host: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  /** Decoded names and values, in the order sent. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Headers;
  readonly body: Uint8Array;
}

const formType = 'application/x-www-form-urlencoded';

const longestBodyBytes = 1024 * 1024;

/** Reads a whole request. Throws Refusal where its body is too long for any call of these APIs. */
export async function presentedCall(request: Request): Promise<PresentedCall> {
  const url = new URL(request.url);
  return {
    method: request.method,
    host: request.headers.get('host') ?? url.host,
    path: url.pathname,
    query: [...url.searchParams],
    headers: request.headers,
    body: await wholeBody(request),
  };
}

async function wholeBody(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > longestBodyBytes) throw new Refusal('RequestTooLong');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The parameters of a form body; none where the body is something else. */
export function formParameters(call: PresentedCall): readonly (readonly [string, string])[] {
  const type = call.headers.get('content-type') ?? '';
  if (!type.toLowerCase().startsWith(formType)) return [];
  return [...new URLSearchParams(new TextDecoder().decode(call.body))];
}

/** Query and form parameters of an RPC call by name; the first of a name counts. */
export function parametersOf(call: PresentedCall): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of [...call.query, ...formParameters(call)]) {
    if (!parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
}
