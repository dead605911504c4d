import { expect, test } from 'vitest';
import { shortList } from './short-list.ts';

test.each([
  [[], ''],
  [['a', 'b'], 'a, b'],
  [['a', 'b', 'c', 'd'], 'a, b and 2 more'],
])('a short list of two of %j', (items, text) => {
  expect(shortList(items, 2)).toBe(text);
});
