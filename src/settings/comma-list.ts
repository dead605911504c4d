const strayQuotes = /^["'“”‘’`]+|["'“”‘’`]+$/g;

/** A value without the quotes that got into it, as in `'"a"'`, and without white space around it. */
export function unquoted(text: string): string {
  return text.trim().replace(strayQuotes, '').trim();
}

/** The items of a comma list without white space, stray quotes, empty items and repetitions. */
export function commaList(text: string): readonly string[] {
  const items = text.split(',').map(unquoted);
  return [...new Set(items.filter((item) => item !== ''))];
}
