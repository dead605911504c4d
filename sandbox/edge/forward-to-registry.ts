import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { answerPlainly } from './plain-answer.ts';
import type { RequestTarget } from './request-target.ts';

/** Longer than a registry on this machine is ever silent, shorter than a client's patience. */
const longestSilenceMs = 30_000;

/** RFC 9110 §7.6.1: these speak of one connection. Node has answered an Expect already (RFC 9110 §10.1.1). */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Streams a request to a registry and its answer back, whatever their size. The registry builds its Location
 * headers from Host and X-Forwarded-Proto, so both say what the client asked for. A registry that does not
 * answer is a 502; one that breaks off in the middle breaks the client's connection off, too.
 */
export async function forwardToRegistry(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { backend, target }: { readonly backend: URL; readonly target: RequestTarget },
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const outbound = httpRequest({
    host: backend.hostname,
    port: backend.port,
    method: incoming.method,
    path: target.path,
    headers: forwardedHeaders(incoming, target),
    signal: gone.signal,
    timeout: longestSilenceMs,
  });
  outbound.on('timeout', () => outbound.destroy(new Error(`silent for ${longestSilenceMs / 1000} s`)));
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outbound.once('response', resolve);
    outbound.on('error', reject);
  });
  // Not a pipeline, which would end the client's connection with a broken upload: a registry may answer before
  // it has read a body (401, 413), and the client is to hear that.
  incoming.pipe(outbound);
  try {
    const received = await answer;
    outgoing.writeHead(received.statusCode ?? 502, endToEnd(received.rawHeaders));
    await pipeline(received, outgoing);
  } catch (cause) {
    incoming.unpipe(outbound).resume();
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
    else answerPlainly(outgoing, { status: 502, text: `the registry did not answer: ${String(cause)}` });
  }
}

function forwardedHeaders(incoming: IncomingMessage, target: RequestTarget): string[] {
  const headers = endToEnd(incoming.rawHeaders, (name) => name === 'host' || name.startsWith('x-forwarded-'));
  return [...headers, 'Host', target.authority, 'X-Forwarded-Proto', target.protocol];
}

/** Raw headers (name, value, name, value …) without those of the one connection, or that `isDropped`. */
function endToEnd(rawHeaders: readonly string[], isDropped = (_name: string) => false): string[] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    pairs.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  }
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) =>
      value
        .toLowerCase()
        .split(',')
        .map((token) => token.trim()),
    );
  return pairs.flatMap(([name, value]) => {
    const key = name.toLowerCase();
    return hopByHop.has(key) || named.includes(key) || isDropped(key) ? [] : [name, value];
  });
}
