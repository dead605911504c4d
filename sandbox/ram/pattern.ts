/** Whether a text fits a RAM pattern: `*` stands for any characters, `?` for exactly one. Case matters. */
export function matchesPattern(pattern: string, text: string): boolean {
  // Walks back to the last star only, so that a pattern of many stars costs no more than pattern × text.
  let at = 0;
  let inPattern = 0;
  let lastStar = -1;
  let retryAt = 0;
  while (at < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      lastStar = inPattern;
      inPattern += 1;
      retryAt = at;
    } else if (wanted === '?' || wanted === text[at]) {
      inPattern += 1;
      at += 1;
    } else if (lastStar >= 0) {
      inPattern = lastStar + 1;
      retryAt += 1;
      at = retryAt;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}
