import type { IncomingMessage } from 'node:http';
import type { BodyPlace } from './body-room.ts';

export type BodyReading =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'too-large' }
  /** Others take all the room there is. */
  | { readonly kind: 'no-room' }
  | { readonly kind: 'broken-off' };

/**
 * A review holds an account as it was and as it is to be, and the API server takes 256 KiB of annotations. A list that
 * makes it larger is nothing that anybody writes.
 */
export const largestBodyBytes = 1024 * 1024;

/** Reads it as far as it may be read; the rest of the request is left where it is. */
export async function readBody(request: IncomingMessage, place: BodyPlace): Promise<BodyReading> {
  if (Number(request.headers['content-length'] ?? 0) > largestBodyBytes) return { kind: 'too-large' };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > largestBodyBytes) return { kind: 'too-large' };
      if (!place.take(chunk.length)) return { kind: 'no-room' };
      chunks.push(chunk);
    }
  } catch {
    return { kind: 'broken-off' };
  }
  return { kind: 'read', text: Buffer.concat(chunks).toString('utf8') };
}
