import { objectName } from './object-name.ts';
import { accepted, refused, type Ruling } from './ruling.ts';
import type { LabelRequirement } from './selection.ts';

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const written = /^(?<key>[^=!]*?)\s*(?:(?<operator>!=|==?)\s*(?<value>.*))?$/;

/**
 * Reads `key`, `key=value` or `key!=value`.
 * Source: the syntax of labels, https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/.
 */
export function readLabelRequirement(text: string): Ruling<LabelRequirement> {
  const { key, operator, value = '' } = written.exec(text)?.groups ?? {};
  if (key === undefined || !isKey(key)) return refused(text, adviceOnKey(text));
  if (operator === undefined) return accepted({ key, test: { kind: 'exists' } });
  if (value !== '' && !name.test(value)) {
    return refused(
      text,
      'write a label value of at most 63 letters, digits, hyphens, underscores and dots, ' +
        `such as label:${key}=shop`,
    );
  }
  return accepted({ key, test: { kind: operator === '!=' ? 'differs' : 'equals', value } });
}

function isKey(key: string): boolean {
  const parts = key.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) return false;
  return second === undefined ? name.test(first) : objectName.test(first) && name.test(second);
}

function adviceOnKey(text: string): string {
  if (/\s(in|notin)\s/.test(text)) return 'write an item for each value, such as label:env=a,label:env=b';
  return 'write a label’s key behind label:, such as label:team or label:example.com/team=shop';
}
