const mostEdits = 2;

/**
 * The known name that somebody who wrote `name` has probably meant: the same but for case, hyphens and
 * underscores, or at most two letters away.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const letters = lettersOf(name);
  // A long name cannot be near; cutting here keeps the cost of an absurd one bounded.
  if (letters.length > 64) return undefined;
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(letters, lettersOf(candidate)) }))
    .toSorted((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best !== undefined && best.edits <= Math.min(mostEdits, letters.length / 3)
    ? best.candidate
    : undefined;
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, '');
}

/** Levenshtein's distance, a row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const substituted = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
