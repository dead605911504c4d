/** A paragraph of Debian's control files: one line for each field, further lines of a field indented. */
type Paragraph = ReadonlyMap<string, string>;

/**
 * Reads what `apt-cache show` or a `Packages` index says, by Debian policy 5.1: paragraphs between empty lines. Only
 * the first line of a field is kept.
 */
export function readParagraphs(text: string): Paragraph[] {
  return text
    .split(/\n\s*\n/)
    .map(
      (paragraph) =>
        new Map(
          paragraph.split('\n').flatMap((line): [string, string][] => {
            const field = /^([^\s:]+): ?(.*)$/.exec(line);
            return field === null ? [] : [[field[1] ?? '', field[2] ?? '']];
          }),
        ),
    )
    .filter((paragraph) => paragraph.size > 0);
}

/** The mirrors' roots, each once, in what `apt-get update --print-uris` says. */
export function mirrorsIn(printedUris: string): string[] {
  const roots = printedUris.split('\n').flatMap((line) => /^'(.+?)\/dists\//.exec(line)?.[1] ?? []);
  return [...new Set(roots)];
}
