import { consoleNames, dataKeyNames } from './schema.ts';

/** A data key within the value of another one: what wrong indentation makes of a ConfigMap. */
export interface MisplacedKey {
  readonly line: number;
  readonly found: string;
  readonly fix: string;
}

export function misplacedKey(name: string, line: number): MisplacedKey | undefined {
  if (!consoleNames.has(name) && !dataKeyNames.some((key) => key === name)) return undefined;
  const fix = 'write it as a key of its own, beside this one and not within its value';
  return { line, found: `the key ${name} within the value of this one`, fix };
}
