import { misplacedKey } from './misplaced-key.ts';

interface Explained {
  readonly line: number;
  readonly found: string;
  readonly fix: string;
}

/** What the parser's error codes mean to somebody who edits a ConfigMap. */
const meanings: ReadonlyMap<string, readonly [found: string, fix: string]> = new Map([
  ['TAB_AS_INDENT', ['a tab at the beginning of a line', 'write spaces in place of the tab']],
  ['MULTIPLE_DOCS', ['several YAML documents', 'put everything into one list and remove the lines ---']],
  ['TAG_RESOLVE_FAILED', ['a YAML tag, a word that begins with !', 'put the value in quotes']],
  ['BAD_SCALAR_START', ['a value that begins with a reserved character', 'put the value in quotes']],
  ['MISSING_CHAR', ['a quote or bracket without its counterpart', 'write the missing quote or bracket']],
  [
    'UNEXPECTED_TOKEN',
    [
      'something after the end of a value',
      'write each field on a line of its own as name: "value", with nothing behind the closing quote',
    ],
  ],
]);

const other = [
  'text that is no YAML',
  'write a YAML list with one field a line, as in - instanceId: "cri-…"',
] as const;

/**
 * Says what is wrong with YAML that the parser refuses. The parser's own messages stay out, since they may
 * quote the text. Wrong indentation is looked for first: it is the usual reason, and the parser often
 * notices it somewhere else.
 */
export function explainYaml(text: string, line: number, code: string): Explained {
  if (code !== 'TAB_AS_INDENT') {
    const misplaced = misplacedLine(text);
    if (misplaced !== undefined) return misplaced;
  }
  const [found, fix] = meanings.get(code) ?? other;
  return { line, found, fix };
}

const shape = /^(?<indent> *)(?<dash>- +)?(?<name>[A-Za-z-]+):(?: |$)/;

interface Start {
  readonly line: number;
  readonly column: number;
  readonly dash: string;
  readonly name: string;
}

function startsOf(text: string): readonly Start[] {
  return text.split(/\r?\n/).flatMap((content, index) => {
    const { indent, dash = '', name } = shape.exec(content)?.groups ?? {};
    if (indent === undefined || name === undefined) return [];
    return [{ line: index + 1, column: indent.length, dash, name }];
  });
}

/** The first line of a list of maps that does not begin where its neighbours make it belong. */
function misplacedLine(text: string): Explained | undefined {
  const starts = startsOf(text);
  const firstDash = starts.find(({ dash }) => dash !== '');
  let fieldColumn: number | undefined;
  for (const { line, column, dash, name } of starts) {
    const isDash = dash !== '';
    const key = firstDash === undefined ? undefined : misplacedKey(name, line);
    if (key !== undefined) return key;
    const wanted = isDash ? firstDash?.column : fieldColumn;
    if (wanted !== undefined && wanted !== column)
      return misplaced(line, isDash ? '-' : name, column, wanted);
    if (isDash) fieldColumn = column + dash.length;
  }
  return undefined;
}

function misplaced(line: number, what: string, spaces: number, wanted: number): Explained {
  const found = `${count(spaces)} before ${what === '-' ? 'the dash of an entry' : what}`;
  const reason = what === '-' ? 'under the dash of the first entry' : 'under the first field of its entry';
  return { line, found, fix: `begin the line with ${count(wanted)}, so that it stands ${reason}` };
}

function count(spaces: number): string {
  return spaces === 1 ? '1 space' : `${spaces === 0 ? 'no' : spaces} spaces`;
}
