import { expect, test } from 'vitest';
import { removeAll } from './remove-all.ts';

test('what cannot be removed is told of, and keeps nothing else from being removed', async () => {
  const removed: string[] = [];
  const left = await removeAll(['busy', 'a', 'b'], async (path) => {
    if (path === 'busy') throw new Error(`EBUSY: ${path}`);
    removed.push(path);
  });
  expect(removed).toEqual(['a', 'b']);
  expect(left).toEqual(['not removed: Error: EBUSY: busy\n']);
});
