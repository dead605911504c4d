import { alone, isFor, type KeptCertificate, type KeptCertificates } from './kept-certificates.ts';

/** What is to be done to the certificates now. */
export type RotationStep =
  /** Nothing that is kept can be served: a new one is, at once. */
  | { readonly kind: 'begin-anew' }
  /** The next one is made, so that it is trusted before it is served. */
  | { readonly kind: 'make-next' }
  /** An overlap begins, and counts from now. */
  | { readonly kind: 'note-moment'; readonly kept: KeptCertificates }
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
 * Two overlaps: the next certificate is trusted for a while before it is served, and the previous one for a while
 * after. Both count from when that was done, which may be long after it was due, as when nobody led. Everything needed
 * for the decision is in what is kept, so that any leader goes on where another stopped.
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
    return isGood(current) ? stepToNext(kept, next, nowMs) : served(kept, next, nowMs);
  }
  return isGood(current) ? stepWithoutNext(kept, nowMs) : { kind: 'begin-anew' };
}

function stepToNext(kept: KeptCertificates, next: KeptCertificate, nowMs: number): RotationStep {
  const { nextTrustedSinceMs } = kept;
  if (nextTrustedSinceMs === undefined) {
    return { kind: 'note-moment', kept: { ...kept, nextTrustedSinceMs: nowMs } };
  }
  const serveFromMs = nextTrustedSinceMs + spreadMs(next);
  return nowMs < serveFromMs ? { kind: 'wait', untilMs: serveFromMs } : served(kept, next, nowMs);
}

function served({ current }: KeptCertificates, next: KeptCertificate, nowMs: number): RotationStep {
  const previousPem = current.certificatePem;
  return { kind: 'serve-next', kept: { ...alone(next), previousPem, currentServedSinceMs: nowMs } };
}

function stepWithoutNext(kept: KeptCertificates, nowMs: number): RotationStep {
  const { current, previousPem, currentServedSinceMs } = kept;
  const renewFromMs = current.endsAtMs - lifeMs(current) * renewalShare;
  if (nowMs >= renewFromMs) return { kind: 'make-next' };
  if (previousPem === undefined) return { kind: 'wait', untilMs: renewFromMs };
  if (currentServedSinceMs === undefined) {
    return { kind: 'note-moment', kept: { ...kept, currentServedSinceMs: nowMs } };
  }
  const forgetFromMs = currentServedSinceMs + spreadMs(current);
  if (nowMs < forgetFromMs) return { kind: 'wait', untilMs: forgetFromMs };
  return { kind: 'forget-previous', kept: alone(current) };
}

function spreadMs(certificate: KeptCertificate): number {
  return Math.min(longestSpreadMs, lifeMs(certificate) * spreadShare);
}

function lifeMs({ madeAtMs, endsAtMs }: KeptCertificate): number {
  return endsAtMs - madeAtMs;
}
