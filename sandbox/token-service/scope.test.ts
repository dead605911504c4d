import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readScopes } from './scope.ts';

const pull = (name: string) => ({ type: 'repository', name, actions: ['pull'] });

test('a parameter may hold several entries, and may be repeated', () => {
  expect(readScopes(['repository:a/b:pull repository:c/d:pull', 'repository:e/f:pull'])).toEqual([
    pull('a/b'),
    pull('c/d'),
    pull('e/f'),
  ]);
});

test('a name may hold colons', () => {
  expect(readScopes(['repository:localhost:5000/a/b:pull,push'])).toEqual([
    { type: 'repository', name: 'localhost:5000/a/b', actions: ['pull', 'push'] },
  ]);
});

test.each(['', ' ', 'repository', 'repository:a/b', ':a/b:pull', 'repository:a/b:'])(
  'what is no scope asks for nothing: "%s"',
  (parameter) => {
    expect(readScopes([parameter])).toEqual([]);
  },
);

test('what was asked for is read back, whatever the words', () => {
  const word = fc.stringMatching(/^[a-z0-9._/-]{1,12}$/);
  const entry = fc.record({
    type: word,
    name: word,
    actions: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
      const written = entries.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`);
      expect(readScopes([written.join(' ')])).toEqual(entries);
      expect(readScopes(written)).toEqual(entries);
    }),
  );
});
