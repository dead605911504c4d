/** A verb on a resource or a path, as a table of SECURITY.md allows it. */
export interface WrittenRight {
  readonly where: 'everywhere' | 'own namespace';
  readonly verb: string;
  /** `resource[/subresource][.group]`, or a path, which begins with a slash. */
  readonly what: string;
  /** `any`, or the only one. */
  readonly name: string;
}

const header = '| where | what | name | verbs | why |';
const cell = '\\|\\s*(?<$>[^|]*?)\\s*';
const row = new RegExp(
  `^${['where', 'what', 'name', 'verbs', 'why'].map((name) => cell.replace('$', name)).join('')}\\|$`,
);

/** Reads every table with that header in a section of its own. Throws for a row that cannot be read, or has no reason. */
export function readWrittenRights(markdown: string, section: string): readonly WrittenRight[] {
  const text = markdown.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  const tables = text.split(`${header}\n`).slice(1);
  return tables.flatMap((table) => {
    const [, ...rows] = (table.split('\n\n')[0] ?? '').trimEnd().split('\n');
    return rows.flatMap(readRow);
  });
}

function readRow(line: string): readonly WrittenRight[] {
  const { where, what, name, verbs, why } = row.exec(line)?.groups ?? {};
  const isKnownPlace = where === 'everywhere' || where === 'own namespace';
  if (!isKnownPlace || !what || !name || !verbs || !why) {
    throw new Error(`SECURITY.md: this row cannot be read: ${line}`);
  }
  return itemsOf(what).flatMap((each) =>
    itemsOf(name).flatMap((named) =>
      itemsOf(verbs).map((verb) => ({ where, what: each, name: named, verb })),
    ),
  );
}

function itemsOf(text: string): readonly string[] {
  return text.replaceAll('`', '').split(', ');
}
