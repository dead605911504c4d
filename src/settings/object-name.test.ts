import { describe, expect, it } from 'vitest';
import { namespaceName, objectName } from './object-name.ts';

describe('a name in Kubernetes', () => {
  it.each([
    ['shop', true, true],
    ['a', true, true],
    ['1-2', true, true],
    ['a'.repeat(63), true, true],
    ['a'.repeat(64), false, true],
    ['a'.repeat(254), false, false],
    ['ci.example', false, true],
    ['ci..example', false, false],
    ['ci.-example', false, false],
    ['-shop', false, false],
    ['shop-', false, false],
    ['Shop', false, false],
    ['shop_a', false, false],
    ['shop\n', false, false],
    ['', false, false],
  ])('“%s”: of a namespace %s, of another object %s', (name, isOfNamespace, isOfObject) => {
    expect([namespaceName.test(name), objectName.test(name)]).toEqual([isOfNamespace, isOfObject]);
  });

  it('is told apart in a reasonable time', () => {
    expect(objectName.test(`${'a'.repeat(100_000)}!`)).toBe(false);
    expect(objectName.test(`${'a-'.repeat(126)}!`)).toBe(false);
  });
});
