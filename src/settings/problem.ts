/** Something of `acr-configuration` that cannot be used, and what to write instead. Holds no key or token. */
export interface SettingsProblem {
  /** The data key, or `config.<name>` for a name in the document under `config`. */
  readonly key: string;
  /** Which entry of `acr-registry-info`, from 1. */
  readonly entry?: number;
  /** Which line of the key's value, from 1. */
  readonly line?: number;
  readonly found: string;
  /** What to write, as an instruction. */
  readonly fix: string;
}

/** One line for logs and Events. */
export function describeProblem({ key, entry, line, found, fix }: SettingsProblem): string {
  return `${place({ key, entry, line })}: found ${found}; ${fix}`;
}

export interface Place {
  readonly key: string;
  readonly entry?: number | undefined;
  readonly line?: number | undefined;
}

/** `acr-registry-info, entry 2, line 5`. */
export function place({ key, entry, line }: Place): string {
  const parts = [key, entry && `entry ${entry}`, line && `line ${line}`];
  return parts.filter((part) => part !== undefined).join(', ');
}

const longestQuote = 60;

/** A value as it may be shown: in quotes, on one line, cut where it is long. Never for what may be a key. */
export function quote(text: string): string {
  return JSON.stringify(text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text);
}
