import { quoteRefusal, type CloudRefusal } from '../failures/cloud-refusal.ts';
import { Failure } from '../failures/failure.ts';
import { explainRefusal } from './explain-refusal.ts';
import { writeExplanation } from './explanation.ts';
import type { RefusedStep } from './refused-step.ts';
import type { TokenClaims } from './token-claims.ts';

/**
 * Does a step, and where the cloud refuses it, throws the same failure with an explanation before the cloud's own
 * words. `stepOf` is asked for what is known of the step only then.
 */
export async function explained<T>(
  asking: Promise<T>,
  stepOf: () => RefusedStep | Promise<RefusedStep>,
): Promise<T> {
  try {
    return await asking;
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.refusal === undefined) throw cause;
    // There is nothing to explain, and to ask for what is known of the step would be one call more.
    if (cause.code === 'CLOUD_THROTTLED') throw cause;
    const { code, retry, refusal } = cause;
    const told = tellRefusal(await stepOf(), refusal);
    throw told === undefined
      ? cause
      : new Failure(code, told.text, { retry, refusal, topic: told.topic, cause });
  }
}

interface ToldRefusal {
  readonly text: string;
  /** Without what is new each time: the request id, the token's claims. */
  readonly topic: string;
}

/** Undefined where the cloud's own words are all there is to say. */
export function tellRefusal(step: RefusedStep, refusal: CloudRefusal): ToldRefusal | undefined {
  const topic = writeExplanation(explainRefusal(step, refusal));
  if (topic === undefined) return undefined;
  const token = step.kind === 'assume-role-with-oidc' ? [tellClaims(step.tokenClaims, topic)] : [];
  return { text: [topic, ...token, quoteRefusal(refusal)].join(' '), topic };
}

/** Those that a printed statement does not hold anyway. */
function tellClaims({ iss, sub, aud, expiresAtMs }: TokenClaims, explanation: string): string {
  const exp = expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString();
  const told = Object.entries({ iss, sub, aud: aud.length === 0 ? undefined : aud.join(' '), exp })
    .map(([name, value]) => ({ name, value: value ?? 'missing' }))
    .filter(({ value }) => !explanation.includes(`:"${value}"`))
    .map(({ name, value }) => `${name} ${value}`);
  return `The token has ${told.join(', ')}.`;
}
