import type { PolicyStatement } from './policy-statement.ts';

/** What may be behind a refusal, and what to do about it. */
export interface Cause {
  /** A sentence without its full stop. */
  readonly what: string;
  /** Another one; what it says to add is `statement`. */
  readonly mend: string;
  readonly statement?: PolicyStatement | undefined;
}

export type Explanation =
  /** The cloud said which. */
  | { readonly kind: 'certain'; readonly cause: Cause }
  /** The cloud did not say which: the likeliest comes first. `outcome` is what is certain, without a full stop. */
  | { readonly kind: 'candidates'; readonly outcome: string; readonly causes: readonly Cause[] }
  /** Nothing is claimed. */
  | { readonly kind: 'unknown' };

export const unknown: Explanation = { kind: 'unknown' };

export function certainly(cause: Cause): Explanation {
  return { kind: 'certain', cause };
}

/**
 * In one line, the main thing first, since an Event has room for a thousand characters. Undefined where nothing can
 * be claimed.
 */
export function writeExplanation(explanation: Explanation): string | undefined {
  switch (explanation.kind) {
    case 'certain':
      return writeCause(explanation.cause);
    case 'candidates': {
      const numbered = explanation.causes.map((cause, index) => `(${index + 1}) ${writeCause(cause)}`);
      return `${explanation.outcome}, and the cloud does not tell why. Likeliest first: ${numbered.join(' ')}`;
    }
    case 'unknown':
      return undefined;
  }
}

function writeCause({ what, mend, statement }: Cause): string {
  return `${what}. ${mend}${statement === undefined ? '' : `: ${JSON.stringify(statement)}`}.`;
}
