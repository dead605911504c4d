import { misplacedKey } from './misplaced-key.ts';
import { missingColon } from './missing-colon.ts';

interface Fault {
  readonly found: string;
  readonly fix: string;
}

interface Explained extends Fault {
  readonly line: number;
}

const tab: Fault = { found: 'a tab at the beginning of a line', fix: 'write spaces in place of the tab' };
const openQuote: Fault = { found: 'a quote without its counterpart', fix: 'write the missing quote' };
const incomplete: Fault = {
  found: 'no closing quote or bracket, or no comma between two values',
  fix: 'write the missing quote, bracket or comma',
};
const unnamed: Fault = {
  found: 'a line without a colon',
  fix: 'write each field on a line of its own as name: "value"',
};

/** What the parser's error codes mean to somebody who edits a ConfigMap. */
const meanings: ReadonlyMap<string, Fault> = new Map([
  ['TAB_AS_INDENT', tab],
  [
    'MULTIPLE_DOCS',
    { found: 'several YAML documents', fix: 'put everything into one list and remove the lines ---' },
  ],
  ['TAG_RESOLVE_FAILED', { found: 'a YAML tag, a word that begins with !', fix: 'put the value in quotes' }],
  [
    'BAD_SCALAR_START',
    { found: 'a value that begins with a reserved character', fix: 'put the value in quotes' },
  ],
  ['MISSING_CHAR', incomplete],
  ['MULTILINE_IMPLICIT_KEY', unnamed],
  [
    'UNEXPECTED_TOKEN',
    {
      found: 'something after the end of a value',
      fix: 'write each field on a line of its own as name: "value", with nothing behind the closing quote',
    },
  ],
]);

const other: Fault = {
  found: 'text that is no YAML',
  fix: 'write a YAML list with one field a line, as in - instanceId: "cri-…"',
};

/**
 * Says what is wrong with YAML that the parser refuses. The parser's own messages stay out, since they may
 * quote the text. The usual mistakes are looked for first, since the parser often notices them somewhere else.
 */
export function explainYaml(text: string, line: number, code: string): Explained {
  const lastLine = text.trimEnd().split('\n').length;
  return (
    faultyLine(text) ?? misplacedLine(text) ?? { line: Math.min(line, lastLine), ...meaning(text, code) }
  );
}

function meaning(text: string, code: string): Fault {
  if (code === 'BAD_INDENT' && /[[{]/.test(text)) return incomplete;
  if (code === 'MISSING_CHAR' && !/["'[{]/.test(text)) return unnamed;
  return meanings.get(code) ?? other;
}

/** The first line that is wrong by itself, whatever stands around it. */
function faultyLine(text: string): Explained | undefined {
  // In JSON, tabs do no harm.
  const isBlock = !/^\s*[[{]/.test(text);
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const fault = faultIn(content, isBlock);
    if (fault !== undefined) return { line: index + 1, found: fault.found, fix: fault.fix };
  }
  return undefined;
}

const indentedByTab = /^ *(?:- *)?\t\s*[^\s#]/;

function faultIn(content: string, isBlock: boolean): Fault | undefined {
  if (isBlock && indentedByTab.test(content)) return tab;
  return missingColon(content.replace(/^ *(?:- +)?/, '')) ?? (opensQuote(content) ? openQuote : undefined);
}

/** Whether a value begins with a quote that its line does not close. */
function opensQuote(content: string): boolean {
  const rest = content.replaceAll(/"[^"]*"|'[^']*'/g, '').replace(/(?:^|\s)#.*$/, '');
  return /(?:^|[\s:,[{-])["']/.test(rest);
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
