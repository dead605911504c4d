import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitrarySettings } from './arbitrary-settings.ts';
import { loadSettings, saveSettings } from './saved-settings.ts';
import { isSameInstance } from './settings.ts';

test('settings that are saved are loaded as they were, with their access keys', () => {
  fc.assert(
    fc.property(arbitrarySettings, (settings) => {
      const loaded = loadSettings(saveSettings(settings));
      expect(loaded).toEqual(settings);
      for (const [index, instance] of settings.instances.entries()) {
        const other = loaded?.instances[index];
        expect(other !== undefined && isSameInstance(instance, other)).toBe(true);
      }
    }),
  );
});

test('the same settings are saved as the same text, so that they are written once', () => {
  fc.assert(
    fc.property(arbitrarySettings, (settings) => {
      const text = saveSettings(settings);
      const loaded = loadSettings(text);
      expect(loaded && saveSettings(loaded)).toBe(text);
    }),
  );
});

test.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['JSON of another kind', '[]'],
  ['settings without their scope', '{"instances":[],"renewBeforeMs":1,"notifyEmail":""}'],
  [
    'a scope that cannot be',
    '{"instances":[],"watchNamespace":"Shop","serviceAccount":"default","renewBeforeMs":1,"notifyEmail":""}',
  ],
])('%s is not loaded', (_, text) => {
  expect(loadSettings(text)).toBeUndefined();
});

test('any text is loaded or not, without a failure', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(loadSettings(text)).toBeUndefined();
    }),
  );
});
