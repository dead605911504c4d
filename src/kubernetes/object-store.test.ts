import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WritableObjectStore } from './object-store.ts';

const names = fc.constantFrom('a', 'b', 'c');
const keys = fc.record({ namespace: fc.constantFrom('n', 'm'), name: names });
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('put' as const), key: keys, version: fc.constantFrom('1', '2', '3') }),
    fc.record({ kind: fc.constant('remove' as const), key: keys }),
  ),
  { maxLength: 60 },
);

test('the store holds what a plain map would, in total and by namespace', () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const store = new WritableObjectStore<string>();
      const model = new Map<string, string>();
      const changes: [actual: unknown, wanted: unknown][] = [];
      for (const step of steps) {
        const text = `${step.key.namespace}/${step.key.name}`;
        if (step.kind === 'remove') {
          changes.push([store.remove(step.key), model.delete(text)]);
          continue;
        }
        const before = model.get(text);
        const ifKnown = before === step.version ? 'unchanged' : 'updated';
        model.set(text, step.version);
        const change = store.put(step.key, step.version, `${text}@${step.version}`);
        changes.push([change, before === undefined ? 'added' : ifKnown]);
      }
      expect(changes.map(([actual]) => actual)).toEqual(changes.map(([, wanted]) => wanted));
      const expected = [...model].map(([text, version]) => `${text}@${version}`);
      expect(store.size).toBe(model.size);
      expect(new Set(store.values())).toEqual(new Set(expected));
      expect(new Set(store.values('n'))).toEqual(new Set(expected.filter((text) => text.startsWith('n/'))));
      expect([...store.keys()].length).toBe(model.size);
    }),
  );
});

test('cluster-scoped objects have keys without a namespace', () => {
  const store = new WritableObjectStore<number>();
  store.put({ name: 'node-1' }, '1', 1);
  expect([...store.keys()]).toEqual([{ name: 'node-1' }]);
  expect(store.get({ name: 'node-1' })).toBe(1);
});
