import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/settings/read-settings.ts';
import { dataKeyNames, dataKeys, instanceFieldNames, instanceFields } from '../src/settings/schema.ts';
import { configurationPage } from './configuration-page.ts';

describe('docs/configuration.md', () => {
  it('is what `make docs` writes', async () => {
    const page = await readFile(new URL('configuration.md', import.meta.url), 'utf8');
    expect(page).toBe(configurationPage());
  });

  it('has no cell that would break its tables', () => {
    const rules = [...Object.values(dataKeys), ...Object.values(instanceFields)].map(({ rule }) => rule);
    expect(rules.filter((rule) => /[|\n]/.test(rule))).toEqual([]);
  });

  it('tells of defaults that mean the same as writing nothing', () => {
    const fields = instanceFieldNames.map((name) => `${name}: "${instanceFields[name].byDefault}"`);
    const data = {
      ...Object.fromEntries(dataKeyNames.map((name) => [name, dataKeys[name].byDefault])),
      'acr-registry': '',
      'acr-registry-info': `- ${fields.join('\n  ')}\n`,
    };
    const reading = readSettings(data);
    expect(reading).toMatchObject({ kind: 'read', problems: [] });
    expect(reading.kind === 'read' && reading.settings).toEqual(
      (readSettings({}) as typeof reading & { kind: 'read' }).settings,
    );
  });
});
