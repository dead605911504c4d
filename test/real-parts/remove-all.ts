/** Removes as many as it can. Gives a line for each that is left, with the reason. */
export async function removeAll(
  paths: readonly string[],
  remove: (path: string) => Promise<void>,
): Promise<string[]> {
  const outcomes = await Promise.allSettled(paths.map((path) => remove(path)));
  return outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [`not removed: ${outcome.reason}\n`] : [],
  );
}
