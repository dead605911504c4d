const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const term = /(?<amount>\d+\.?\d*|\.\d+)(?<unit>[a-zµμ]+)/y;

export type DurationReading =
  | { readonly kind: 'read'; readonly ms: number }
  | { readonly kind: 'refused'; readonly fix: string };

/**
 * Reads a positive Go duration (`15m`, `1h30m`, `1.5h`), rounded up to whole milliseconds.
 * Source: the grammar of Go's `time.ParseDuration`.
 */
export function readDuration(text: string): DurationReading {
  if (/^\d+$/.test(text) && Number(text) > 0) {
    return refused(`say the unit: write ${text}m for minutes or ${text}s for seconds`);
  }
  if (text.startsWith('-'))
    return refused('a negative duration cannot be used: write a positive one such as 15m');
  const ms = sumOfTerms(text.replace(/^\+/, ''));
  const lowerCase = text.toLowerCase();
  if (ms === undefined && text !== lowerCase && sumOfTerms(lowerCase)) {
    return refused(`write the unit in lower case: ${lowerCase}`);
  }
  if (ms === undefined) return refused('write a Go duration such as 15m, 90s or 1h30m');
  if (ms === 0) return refused('zero cannot be used: write a positive duration such as 15m');
  if (ms > Number.MAX_SAFE_INTEGER) return refused('it is too long: write a duration such as 15m');
  return { kind: 'read', ms: Math.ceil(ms) };
}

function sumOfTerms(text: string): number | undefined {
  if (text === '0') return 0;
  let ms = 0;
  let at = 0;
  do {
    term.lastIndex = at;
    const { amount, unit } = term.exec(text)?.groups ?? {};
    const perUnitMs = unit !== undefined && Object.hasOwn(unitMs, unit) ? unitMs[unit] : undefined;
    if (amount === undefined || perUnitMs === undefined) return undefined;
    ms += Number(amount) * perUnitMs;
    at = term.lastIndex;
  } while (at < text.length);
  return ms;
}

function refused(fix: string): DurationReading {
  return { kind: 'refused', fix };
}
