import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitrarySelection } from './arbitrary-settings.ts';
import { namespaceRules, readSelection, serviceAccountRules } from './read-selection.ts';
import { isSelected, itemsOf, type Labels, type Selection } from './selection.ts';

function read(text: string, rules = namespaceRules): Selection {
  const reading = readSelection(text, rules);
  if (reading.kind === 'refused') throw new Error(`${reading.found}; ${reading.fix}`);
  return reading.value;
}

describe('a selection', () => {
  it.each([
    ['Default', 'default'],
    [' shop , billing,, "team-a" ,shop,\n', 'shop,billing,team-a'],
    ['default,shop', 'default,shop'],
    ['All', 'all'],
    ['*', 'all'],
    ['"*"', 'all'],
    ['shop,ALL', 'all'],
    ['all, ! kube-system,"!*-system"', 'all,!kube-system,!*-system'],
    ['team-*,label:env == prod,!label:team', 'team-*,label:env=prod,!label:team'],
    ['Label:example.com/team!=shop,label:bare=', 'label:example.com/team!=shop,label:bare='],
  ])('written “%s” is “%s”', (text, items) => {
    expect(itemsOf(read(text)).join(',')).toBe(items);
  });

  it.each<[string, string, string, string]>([
    ['nothing', ',', '",", which has no name in it', 'write a name, or remove the key'],
    ['capitals', 'Shop', '"Shop"', 'write it in lower case: shop'],
    ['an exclusion in capitals', 'all,!Shop', '"!Shop"', 'write it in lower case: !shop'],
    ['a pattern in capitals', 'Team-*', '"Team-*"', 'write it in lower case: team-*'],
    ['blanks between names', 'shop billing', '"shop billing"', 'write names separated by commas'],
    ['a name that cannot be', 'shop_a', '"shop_a"', 'write a namespace’s name without underscores: up to 63'],
    ['capitals and an underscore', 'Team_A', '"Team_A"', 'name without capitals or underscores: up to 63'],
    ['a dot in a namespace’s name', 'shop.a', '"shop.a"', 'write a namespace’s name without dots: up to 63'],
    ['a hyphen at the end', 'shop-', '"shop-"', 'write a namespace’s name: up to 63'],
    ['a YAML list', '["shop"]', '"[\\"shop\\"]"', 'write names separated by commas'],
    [
      'only exclusions',
      '!kube-system, !*-test',
      '"!kube-system, !*-test", which only excludes',
      'write all,!kube-system,!*-test to select everything else',
    ],
    ['the exclusion of everything', 'shop,!all', '"!all"', 'write a name behind the !'],
    ['a lone exclamation mark', 'all,!', '"!"', 'write one ! and a name behind it'],
    ['two exclamation marks', 'all,!!shop', '"!!shop"', 'write one ! and a name behind it'],
    ['a name for and against', 'shop,!shop', 'shop and !shop', 'remove one of the two'],
    ['another kind of pattern', 'team-[ab]', '"team-[ab]"', 'write * for any characters'],
    ['a label without its mark', 'env=prod', '"env=prod"', 'write label:env=prod'],
    ['a label without its key', 'label:=prod', '"label:=prod"', 'write a label’s key behind label:'],
    ['a label’s key that cannot be', 'label:a/b/c', '"label:a/b/c"', 'label:example.com/team=shop'],
    ['a label’s value that cannot be', 'label:a=b c', '"label:a=b c"', 'write a label value of at most 63'],
    ['a set of values', 'label:env in (a,b)', '"label:env in (a"', 'label:env=a,label:env=b'],
  ])('is refused for %s, with what to write', (_, text, found, fix) => {
    expect(readSelection(text, namespaceRules)).toMatchObject({
      kind: 'refused',
      found,
      fix: expect.stringContaining(fix),
    });
  });

  it('of service accounts has patterns and exclusions, and no labels', () => {
    expect(itemsOf(read('*,!ci-*', serviceAccountRules)).join(',')).toBe('all,!ci-*');
    expect(itemsOf(read('ci.example', serviceAccountRules))).toEqual(['ci.example']);
    expect(readSelection('label:team', serviceAccountRules)).toMatchObject({
      fix: 'labels select namespaces only: write names, or patterns such as ci-*',
    });
  });

  it.each([
    ['Ci_A', 'write a service account’s name without capitals or underscores: up to 253'],
    ['ci_a', 'as in default,builder'],
    ['ci builder', 'write names separated by commas, such as default,builder'],
    ['!', 'write one ! and a name behind it, such as !builder'],
    ['ci-?', 'write * for any characters, such as ci-*'],
  ])('of service accounts that says “%s” is refused with an example of accounts', (text, fix) => {
    expect(readSelection(text, serviceAccountRules)).toMatchObject({ fix: expect.stringContaining(fix) });
  });

  it.each<[string, string, Labels, boolean]>([
    ['shop', 'shop', {}, true],
    ['shop', 'shop-2', {}, false],
    ['all,!kube-system', 'kube-system', {}, false],
    ['all,!kube-system', 'kube-public', {}, true],
    ['team-*,!*-system', 'team-a', {}, true],
    ['team-*,!*-system', 'team-system', {}, false],
    ['a*a', 'a', {}, false],
    ['a*b*c', 'abbc', {}, true],
    ['a*b*c', 'acb', {}, false],
    ['*-a-*-b', 'x-a-b', {}, false],
    ['label:team', 'shop', { team: '' }, true],
    ['label:team', 'shop', {}, false],
    ['label:env=prod', 'shop', { env: 'prod' }, true],
    ['label:env=prod', 'shop', { env: 'test' }, false],
    ['label:env!=prod', 'shop', { env: 'test' }, true],
    ['label:env!=prod', 'shop', {}, true],
    ['label:env!=prod', 'shop', { env: 'prod' }, false],
    ['all,!label:env=test', 'shop', { env: 'test' }, false],
    ['all,!label:env!=prod', 'shop', { env: 'prod' }, true],
    ['all,!label:env!=prod', 'shop', {}, false],
    ['label:toString', 'shop', {}, false],
  ])('“%s” of “%s” with the labels %j: %s', (text, name, labels, isWanted) => {
    expect(isSelected(read(text), name, labels)).toBe(isWanted);
  });

  it('is read back from its items as it was', () => {
    fc.assert(
      fc.property(arbitrarySelection({ withLabels: true }), (selection) => {
        expect(read(itemsOf(selection).join(','))).toEqual(selection);
      }),
    );
  });

  it('selects what any item includes and none excludes, in whatever order they stand', () => {
    const names = fc.stringMatching(/^[abc]{1,4}$/);
    const globs = fc.stringMatching(/^[abc*]{1,4}$/);
    const items = fc.uniqueArray(fc.tuple(globs, fc.boolean()), {
      minLength: 1,
      maxLength: 5,
      selector: ([glob]) => glob,
    });
    fc.assert(
      fc.property(items, names, (list, name) => {
        const text = list.map(([glob, isExclusion]) => `${isExclusion ? '!' : ''}${glob}`);
        const reading = readSelection(text.join(','), namespaceRules);
        fc.pre(reading.kind === 'accepted');
        const isMatch = (isExclusion: boolean) =>
          list.some(
            ([glob, excludes]) =>
              excludes === isExclusion && new RegExp(`^${glob.replaceAll(/\*+/g, '.*')}$`).test(name),
          );
        expect(reading.kind === 'accepted' && isSelected(reading.value, name)).toBe(
          isMatch(false) && !isMatch(true),
        );
        expect(readSelection(text.toReversed().join(','), namespaceRules)).toMatchObject({
          kind: 'accepted',
        });
      }),
    );
  });
});
