import type { Condition } from '../world/policy-document.ts';
import { matchesPattern } from './pattern.ts';

/** What is known about a request, by condition key, e.g. `acs:SecureTransport`. */
export type RequestFacts = Readonly<Record<string, string>>;

/** `unknown`: the sandbox does not know the operator, or has no such fact about the request. */
type ConditionOutcome = 'met' | 'unmet' | 'unknown';

type Operator = (fact: string, values: readonly string[]) => boolean;

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: (fact, values) => values.includes(fact),
  StringNotEquals: (fact, values) => !values.includes(fact),
  StringEqualsIgnoreCase: (fact, values) => values.some((value) => lower(value) === lower(fact)),
  StringNotEqualsIgnoreCase: (fact, values) => values.every((value) => lower(value) !== lower(fact)),
  StringLike: (fact, values) => values.some((value) => matchesPattern(value, fact)),
  StringNotLike: (fact, values) => values.every((value) => !matchesPattern(value, fact)),
  Bool: (fact, values) => values.some((value) => lower(value) === lower(fact)),
};

function lower(text: string): string {
  return text.toLowerCase();
}

/** Values of a key are alternatives; keys and operators must all hold. */
export function evaluateCondition(condition: Condition | undefined, facts: RequestFacts): ConditionOutcome {
  const outcomes = Object.entries(condition ?? {}).flatMap(([name, keys]) =>
    Object.entries(keys).map(([key, values]) => evaluateKey(name, facts[key], values)),
  );
  if (outcomes.includes('unmet')) return 'unmet';
  return outcomes.includes('unknown') ? 'unknown' : 'met';
}

function evaluateKey(name: string, fact: string | undefined, values: readonly string[]): ConditionOutcome {
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (operator === undefined || fact === undefined) return 'unknown';
  return operator(fact, values) ? 'met' : 'unmet';
}
