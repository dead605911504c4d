import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf, watchEventOf } from './watch-stream.ts';

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]) {
  let from = 0;
  for (const size of sizes) {
    yield bytes.subarray(from, from + size);
    from += size;
  }
  yield bytes.subarray(from);
}

test('lines are the same however the bytes are cut, also within a character', async () => {
  const words = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', '')));
  const sizes = fc.array(fc.integer({ min: 0, max: 9 }));
  await fc.assert(
    fc.asyncProperty(words, sizes, fc.boolean(), async (words, sizes, isTerminated) => {
      const text = words.join('\n') + (isTerminated ? '\n' : '');
      const lines: string[] = [];
      for await (const line of linesOf(inPieces(new TextEncoder().encode(text), sizes))) lines.push(line);
      expect(lines).toEqual(words.filter((word) => word !== ''));
    }),
  );
});

const object = { metadata: { name: 'x', resourceVersion: '7' } };

test.each([
  ['ADDED', 'changed'],
  ['MODIFIED', 'changed'],
  ['DELETED', 'deleted'],
  ['BOOKMARK', 'bookmark'],
])('%s is read as %s, with the version to continue from', (type, kind) => {
  expect(watchEventOf(JSON.stringify({ type, object }))).toMatchObject({ kind, resourceVersion: '7' });
});

test('ERROR carries the status', () => {
  const line = JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410 } });
  expect(watchEventOf(line)).toMatchObject({ kind: 'error', status: { code: 410 } });
});

test.each([
  ['half a line', '{"type":"ADDED","object":{"meta'],
  ['no JSON at all', 'hush'],
  ['a number', '7'],
  ['an unknown type', JSON.stringify({ type: 'MOVED', object })],
  ['an object without a version', JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'x' } } })],
])('%s is a failure and is not quoted', (_, line) => {
  expect(() => watchEventOf(line)).toThrow(
    expect.objectContaining({
      code: 'KUBERNETES_UNREACHABLE',
      message: 'the watch sent a line that is not an event',
    }),
  );
});
