import { isFor, type KeptCertificate, type KeptCertificates } from './kept-certificates.ts';

/** What is to be done to the certificates now. */
export type RotationStep =
  /** Nothing that is kept can be served: a new one is, at once. */
  | { readonly kind: 'begin-anew' }
  /** The next one is made, so that it is trusted before it is served. */
  | { readonly kind: 'make-next' }
  | { readonly kind: 'serve-next'; readonly kept: KeptCertificates }
  | { readonly kind: 'forget-previous'; readonly kept: KeptCertificates }
  /** Nothing, until then (ms since the epoch). */
  | { readonly kind: 'wait'; readonly untilMs: number };

/**
 * How long it takes at most until every API server trusts what was published, and every replica serves what was
 * stored; both take seconds. A part of the life where that is very short.
 */
const longestSpreadMs = 300_000;
const spreadShare = 1 / 20;
/** As cert-manager does: with a third of its life left there is time for many failures. */
const renewalShare = 1 / 3;

/**
 * Two overlaps: the next certificate is published for a while before it is served, and the previous one for a while
 * after. Everything needed for the decision is in what is kept, so that any leader goes on where another stopped.
 */
export function rotationStep(
  kept: KeptCertificates | undefined,
  hosts: readonly string[],
  nowMs: number,
): RotationStep {
  if (kept === undefined) return { kind: 'begin-anew' };
  const { current, next } = kept;
  const isGood = (one: KeptCertificate) => nowMs < one.endsAtMs && isFor(one, hosts);
  if (next !== undefined && isGood(next)) {
    const serveFromMs = isGood(current) ? next.madeAtMs + spreadMs(next) : nowMs;
    if (nowMs < serveFromMs) return { kind: 'wait', untilMs: serveFromMs };
    return {
      kind: 'serve-next',
      kept: { current: next, next: undefined, previousPem: current.certificatePem },
    };
  }
  return isGood(current) ? stepWithoutNext(kept, nowMs) : { kind: 'begin-anew' };
}

function stepWithoutNext({ current, previousPem }: KeptCertificates, nowMs: number): RotationStep {
  const renewFromMs = current.endsAtMs - lifeMs(current) * renewalShare;
  if (nowMs >= renewFromMs) return { kind: 'make-next' };
  if (previousPem === undefined) return { kind: 'wait', untilMs: renewFromMs };
  // It became the current one a spread after it was made.
  const forgetFromMs = current.madeAtMs + 2 * spreadMs(current);
  if (nowMs < forgetFromMs) return { kind: 'wait', untilMs: forgetFromMs };
  return { kind: 'forget-previous', kept: { current, next: undefined, previousPem: undefined } };
}

function spreadMs(certificate: KeptCertificate): number {
  return Math.min(longestSpreadMs, lifeMs(certificate) * spreadShare);
}

function lifeMs({ madeAtMs, endsAtMs }: KeptCertificate): number {
  return endsAtMs - madeAtMs;
}
