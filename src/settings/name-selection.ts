import { commaList } from './comma-list.ts';
import { quote } from './problem.ts';
import { accepted, refused, type Ruling } from './ruling.ts';
import type { NameSelection } from './settings.ts';

const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** `watch-namespace` and `service-account`: a comma list of names, or `all` or `*` for every one. */
export function readNameSelection(text: string, defaultName: string): Ruling<NameSelection> {
  if (text.trim() === '') return accepted(named([defaultName]));
  const names = commaList(text).map((name) => (/^default$/i.test(name) ? 'default' : name));
  if (names.length === 0)
    return refused(`${quote(text)}, which has no name in it`, 'write a name, or remove the key');
  // Before "all", so that an exclusion beside it is not overlooked.
  const wrong = names.find((name) => !isAll(name) && !objectName.test(name));
  if (wrong !== undefined) return refused(quote(wrong), adviceOn(wrong));
  return accepted(names.some(isAll) ? { kind: 'all' } : named(names));
}

function isAll(name: string): boolean {
  return name === '*' || name.toLowerCase() === 'all';
}

function named(names: readonly string[]): NameSelection {
  return { kind: 'named', names: new Set(names) };
}

function adviceOn(name: string): string {
  if (/[!*?=]/.test(name))
    return 'patterns are not supported yet by this version: list the names, or write all';
  if (objectName.test(name.toLowerCase())) return `write it in lower case: ${name.toLowerCase()}`;
  return 'write names separated by commas, such as shop,billing';
}
