import { Failure } from '../failures/failure.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import type { RawObject } from './resource.ts';
import type { Status } from './api-error.ts';

/** One line of a watch: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export type WatchEvent =
  | { readonly kind: 'changed'; readonly object: RawObject; readonly resourceVersion: string }
  | { readonly kind: 'deleted'; readonly object: RawObject; readonly resourceVersion: string }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  | { readonly kind: 'error'; readonly status: Status };

/** Cuts a byte stream into its non-empty lines, whatever the sizes in which it arrives. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    rest.push(first);
    for (const other of others) {
      const line = rest.join('');
      rest = [other];
      if (line !== '') yield line;
    }
  }
  const last = rest.join('');
  if (last !== '') yield last;
}

/** Throws KUBERNETES_UNREACHABLE for a line that is no watch event: half a line is a broken connection. */
export function watchEventOf(line: string): WatchEvent {
  const { type, object } = parsed(line);
  if (type === 'ERROR') return { kind: 'error', status: object ?? {} };
  const resourceVersion = (object as Partial<RawObject> | undefined)?.metadata?.resourceVersion;
  if (resourceVersion === undefined) throw unreadable();
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'changed', object: object as RawObject, resourceVersion };
    case 'DELETED':
      return { kind: 'deleted', object: object as RawObject, resourceVersion };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion };
    default:
      throw unreadable();
  }
}

function parsed(line: string): { type?: unknown; object?: unknown } {
  const value = parseJsonText(line);
  if (typeof value === 'object' && value !== null) return value;
  throw unreadable();
}

function unreadable(): Failure {
  return new Failure('KUBERNETES_UNREACHABLE', 'the watch sent a line that is not an event');
}
