import { instanceFieldNames, type InstanceField } from './schema.ts';

/** A known field whose name has no colon and space behind it. What stands there stays out: it may be a key. */
export interface MissingColon {
  readonly field: InstanceField;
  readonly found: string;
  readonly fix: string;
}

const anyField = instanceFieldNames.join('|');
const beginning = new RegExp(String.raw`^(?<name>${anyField})(?!\w)\s*(?<colon>:?)(?<space>\s|$)?`, 'i');
const within = new RegExp(String.raw`\s(?:${anyField})(?!\w)`, 'i');

/** Looks at the beginning of a text. */
export function missingColon(text: string): MissingColon | undefined {
  const { name, colon, space } = beginning.exec(text)?.groups ?? {};
  const field = instanceFieldNames.find((known) => known.toLowerCase() === name?.toLowerCase());
  if (field === undefined || (colon !== '' && space !== undefined)) return undefined;
  if (colon === '') return { field, found: `${field} without a colon`, fix: `write ${field}: …` };
  const fix = `write a space after the colon: ${field}: …`;
  return { field, found: `${field} without a space after its colon`, fix };
}

/** Whether a value goes on with a further field, which YAML makes of a line that is indented too far. */
export function runsOn(text: string): boolean {
  return within.test(text);
}
