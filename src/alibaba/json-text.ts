/** Undefined where the text is no JSON: an answer's shape is checked afterwards anyway. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
