import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepLastGood } from './keep-last-good.ts';
import { readSettings } from './read-settings.ts';
import type { Settings } from './settings.ts';

function inForce(...versions: readonly (string | Record<string, string>)[]): Settings | undefined {
  const datas = versions.map((version) =>
    typeof version === 'string' ? { 'acr-registry-info': version } : version,
  );
  return datas.reduce<Settings | undefined>(
    (lastGood, data) => keepLastGood(readSettings(data), lastGood),
    undefined,
  );
}

function keysOf(settings: Settings | undefined): readonly string[] | undefined {
  return settings?.instances.map(({ key }) => key);
}

function editionsOf(settings: Settings | undefined) {
  return settings?.instances.map(({ edition }) => edition);
}

const twoInstances = '- instanceId: cri-a\n- {instanceId: cri-b, regionId: cn-b}\n';

describe('the settings in force', () => {
  it('are none while nothing usable was ever there', () => {
    expect(inForce('- "')).toBeUndefined();
  });

  it('are the defaults where the first ConfigMap is empty', () => {
    expect(keysOf(inForce({}))).toEqual(['personal']);
  });

  it.each<[string, string | Record<string, string>]>([
    ['no YAML', '- instanceId: "cri'],
    ['no usable entry', '- instanceId: acme'],
    ['a bad threshold', { 'acr-registry-info': '- instanceId: cri-c', 'expiring-threshold': '15' }],
    [
      'roles of RRSA without rrsa',
      '- {instanceId: cri-a, rrsaRoleARN: x}\n- {instanceId: cri-b, rrsaRoleARN: x}\n',
    ],
    ['nothing', {}],
    ['only an unknown key', { owner: 'me' }],
    ['an empty document', { config: '{}' }],
    ['only blanks', { 'acr-registry-info': ' \n', 'watch-namespace': '' }],
  ])('stay as they were when the ConfigMap turns into %s', (_, data) => {
    const before = { 'acr-registry-info': twoInstances, 'watch-namespace': 'shop' };
    expect(inForce(before, data)).toEqual(inForce(before));
  });

  it('follow a valid change, also one that drops an instance', () => {
    expect(keysOf(inForce(twoInstances, '- instanceId: cri-b'))).toEqual(['cri-b']);
  });

  it('keep the instance that a refused entry is about, and no other', () => {
    const broken = '- {instanceId: cri-a, regionId: "Not a region"}\n- instanceId: cri-c\n';
    expect(keysOf(inForce(twoInstances, broken))).toEqual(['cri-c', 'cri-a']);
  });

  it('keep every instance that is not replaced where a refused entry’s id cannot be made out', () => {
    for (const broken of [
      'instanceId: cr-b',
      'instanceld: cri-b',
      'instanceId: [{}]',
      'instanceId: crpi-b',
    ]) {
      expect(keysOf(inForce(twoInstances, `- instanceId: cri-a\n- ${broken}\n`))).toEqual([
        'cri-a',
        'cri-b@cn-b',
      ]);
    }
    expect(keysOf(inForce(twoInstances, '- instanceId: cri-a\n- cri-b\n'))).toEqual(['cri-a', 'cri-b@cn-b']);
  });

  it('keep Personal Edition for a refused entry without an id', () => {
    const broken = '- {instanceId: "", domains: "not a host"}\n- instanceId: cri-a\n';
    expect(keysOf(inForce('- instanceId: ""\n- instanceId: cri-b', broken))).toEqual(['cri-a', 'personal']);
  });

  it('follow the scope beside a refused entry', () => {
    const changed = { 'acr-registry-info': '- instanceId: cri-a\n- acme', 'watch-namespace': 'all' };
    expect(inForce(twoInstances, changed)?.scope.namespaces).toMatchObject({
      included: { isEverything: true },
    });
  });

  it('keep an instance over any number of broken versions, and let it go when the entry is removed', () => {
    const broken = '- {instanceId: cri-a, domains: "not a host"}\n- instanceId: cri-c\n';
    expect(keysOf(inForce(twoInstances, broken, broken))).toEqual(['cri-c', 'cri-a']);
    expect(keysOf(inForce(twoInstances, broken, '- instanceId: cri-c'))).toEqual(['cri-c']);
  });

  it('never lose an instance by a typing mistake in one entry', () => {
    const entries = twoInstances.trimEnd().split('\n');
    const edits = fc.record({
      entry: fc.nat({ max: 1 }),
      at: fc.nat({ max: 40 }),
      deleted: fc.nat({ max: 2 }),
      typed: fc.constantFrom('', ' ', '"', ':', ',', '#', '{', '\t', '\n', '*', 'X', '$'),
    });
    fc.assert(
      fc.property(edits, ({ entry, at, deleted, typed }) => {
        const edited = entries.map((text, index) =>
          index === entry ? text.slice(0, at) + typed + text.slice(at + deleted) : text,
        );
        const data = { 'acr-registry-info': edited.join('\n') };
        const reading = readSettings(data);
        fc.pre(reading.kind === 'refused' || reading.problems.length > 0);
        const before = inForce(twoInstances);
        expect(editionsOf(keepLastGood(reading, before))).toEqual(
          expect.arrayContaining(editionsOf(before) ?? []),
        );
      }),
      { numRuns: 300 },
    );
  });
});
