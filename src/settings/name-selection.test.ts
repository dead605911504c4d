import { expect, test } from 'vitest';
import { readNameSelection } from './name-selection.ts';

test.each([
  ['', ['default']],
  ['  \n', ['default']],
  ['Default', ['default']],
  ['shop', ['shop']],
  [' shop , billing,, "team-a" ,shop,\n', ['shop', 'billing', 'team-a']],
  ['default,shop', ['default', 'shop']],
])('“%s” selects names', (text, names) => {
  const value = { kind: 'named', names: new Set(names) };
  expect(readNameSelection(text, 'default')).toEqual({ kind: 'accepted', value });
});

test.each(['all', 'All', '*', '"*"', 'shop,ALL'])('“%s” selects all', (text) => {
  expect(readNameSelection(text, 'default')).toEqual({ kind: 'accepted', value: { kind: 'all' } });
});

test.each([
  [',', 'write a name, or remove the key'],
  ['Shop', 'write it in lower case: shop'],
  ['shop billing', 'write names separated by commas, such as shop,billing'],
  ['["shop", "billing"]', 'write names separated by commas, such as shop,billing'],
  ['all,!kube-system', undefined],
  ['!kube-system', 'patterns are not supported yet by this version: list the names, or write all'],
  ['team-*', 'patterns are not supported yet by this version: list the names, or write all'],
])('“%s” is refused, saying what to write', (text, fix) => {
  expect(readNameSelection(text, 'default')).toMatchObject({ kind: 'refused', ...(fix && { fix }) });
});
