import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { explainYaml } from './yaml-advice.ts';
import { joinQuotedLists, type YamlNotice } from './quoted-lists.ts';

/** YAML, or the JSON that is YAML, with the line of each value; scalars as they were written. */
export type YamlValue =
  | { readonly kind: 'text'; readonly text: string; readonly line: number }
  | { readonly kind: 'list'; readonly items: readonly YamlValue[]; readonly line: number }
  | { readonly kind: 'map'; readonly fields: readonly YamlField[]; readonly line: number };

export interface YamlField {
  readonly name: string;
  readonly value: YamlValue;
  /** Of the name. */
  readonly line: number;
}

export type YamlReading =
  | { readonly kind: 'blank' }
  | { readonly kind: 'read'; readonly value: YamlValue; readonly notices: readonly YamlNotice[] }
  | { readonly kind: 'broken'; readonly line: number; readonly found: string; readonly fix: string };

/** Values nested deeper than anything in `acr-configuration` are read as empty. */
const deepest = 4;

/** Reads the value of a data key; says where it is broken without quoting it, since it may hold access keys. */
export function readYaml(text: string): YamlReading {
  const reading = readAsWritten(text);
  if (reading.kind !== 'broken') return reading;
  const repaired = joinQuotedLists(text);
  if (repaired.notices.length === 0) return reading;
  const second = readAsWritten(repaired.text);
  return second.kind === 'read' ? { ...second, notices: repaired.notices } : second;
}

function readAsWritten(text: string): YamlReading {
  const lines = new LineCounter();
  // Repeated fields are looked for by the rules, which can name the entry and still use the others.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const trouble = document.errors[0] ?? document.warnings[0];
  if (trouble !== undefined) {
    const { line } = lines.linePos(trouble.pos[0]);
    return { kind: 'broken', ...explainYaml(text, line, trouble.code) };
  }
  const { contents } = document as Document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { kind: 'blank' };
  const reader = new NodeReader(lines);
  const value = reader.read(contents, 0);
  if (reader.aliasLine === undefined) return { kind: 'read', value, notices: [] };
  const fix = 'write the value itself in place of the *reference';
  return { kind: 'broken', line: reader.aliasLine, found: 'a reference to an anchor', fix };
}

class NodeReader {
  readonly #lines: LineCounter;
  aliasLine: number | undefined;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  read(node: unknown, depth: number, parentLine = 1): YamlValue {
    const line = this.#lineOf(node) ?? parentLine;
    if (isAlias(node)) this.aliasLine ??= line;
    if (isSeq(node)) {
      const items = depth > deepest ? [] : node.items;
      return { kind: 'list', items: items.map((item) => this.read(item, depth + 1, line)), line };
    }
    if (isMap(node)) {
      const pairs = depth > deepest ? [] : node.items;
      const fields = pairs.map(({ key, value }) => ({
        name: isScalar(key) ? textOf(key.value, key.source) : '',
        value: this.read(value, depth + 1, this.#lineOf(key) ?? line),
        line: this.#lineOf(key) ?? line,
      }));
      return { kind: 'map', fields, line };
    }
    return { kind: 'text', text: isScalar(node) ? textOf(node.value, node.source) : '', line };
  }

  #lineOf(node: unknown): number | undefined {
    const start = (node as Node | null)?.range?.[0];
    return start === undefined ? undefined : this.#lines.linePos(start).line;
  }
}

/** The source keeps what a number loses, as in `0123`. */
function textOf(value: unknown, source: string | undefined): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : (source ?? '');
}
