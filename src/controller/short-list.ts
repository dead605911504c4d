/** `a, b, c and 7 more`: what a log line or an Event has room for. */
export function shortList(items: readonly string[], atMost: number): string {
  const rest = items.length - atMost;
  return items.slice(0, atMost).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
