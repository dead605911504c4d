/** One finished call; nothing in it is secret. */
export interface FinishedCall {
  readonly atMs: number;
  readonly service: string;
  readonly action: string;
  /** `ok`, an error code such as `NoPermission`, or `fault:` and the kind of a switched-on fault. */
  readonly outcome: string;
  /** ARN of the caller, where it got as far as being known. */
  readonly caller: string | undefined;
}

export interface CallSummary {
  /** `service.action` → outcome → number of calls. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The last calls, oldest first. */
  readonly recent: readonly FinishedCall[];
}

const recentLimit = 1_000;

export class Calls {
  readonly #onRecord: (call: FinishedCall) => void;
  #counts = new Map<string, Map<string, number>>();
  #recent: FinishedCall[] = [];

  /** `onRecord` hears of every call, for the log. */
  constructor(onRecord: (call: FinishedCall) => void) {
    this.#onRecord = onRecord;
  }

  record(call: FinishedCall): void {
    this.#onRecord(call);
    const name = `${call.service}.${call.action}`;
    const outcomes = this.#counts.get(name) ?? new Map<string, number>();
    outcomes.set(call.outcome, (outcomes.get(call.outcome) ?? 0) + 1);
    this.#counts.set(name, outcomes);
    this.#recent.push(call);
    if (this.#recent.length > recentLimit) this.#recent.shift();
  }

  summary(): CallSummary {
    const counts = [...this.#counts].map(([name, outcomes]) => [name, Object.fromEntries(outcomes)] as const);
    return { counts: Object.fromEntries(counts), recent: [...this.#recent] };
  }

  reset(): void {
    this.#counts = new Map();
    this.#recent = [];
  }
}
