/**
 * Undefined where the text is no JSON. What it holds is checked afterwards anyway, and the parser's own message
 * would quote a text that may be a Secret.
 */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
