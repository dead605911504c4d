import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { Sensitive } from '../../runtime/sensitive.ts';
import {
  alone,
  isFor,
  isPair,
  kept,
  lastingIn,
  readKept,
  trustBundle,
  writeKept,
  type KeptCertificate,
  type KeptCertificates,
} from './kept-certificates.ts';
import { makeCertificate } from './make-certificate.ts';
import { rotationStep } from './rotation.ts';

const dayMs = 24 * 3600_000;
const minuteMs = 60_000;
const hosts = ['webhook.kube-system.svc'];
const madeAtMs = Date.parse('2026-01-01T00:00:00Z');
const lifeMs = 90 * dayMs;
const endMs = madeAtMs + lifeMs;
const renewalMs = endMs - 30 * dayMs;

let first: KeptCertificate;
let second: KeptCertificate;
beforeAll(async () => {
  first = kept(await makeCertificate(hosts, madeAtMs, lifeMs));
  second = kept(await makeCertificate(hosts, renewalMs, lifeMs));
});

describe('a certificate', () => {
  it('is for its hosts and no others, lasts as long as was asked, and vouches for itself alone', () => {
    const certificate = new X509Certificate(first.certificatePem);
    expect(certificate.subjectAltName).toBe('DNS:webhook.kube-system.svc');
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(first).toMatchObject({ madeAtMs, endsAtMs: endMs });
    expect(isFor(first, hosts)).toBe(true);
    expect(isFor(first, [...hosts, 'elsewhere'])).toBe(false);
  });

  it('is read back from the Secret as it was kept, with all that is trusted beside it', () => {
    const all = {
      current: second,
      next: first,
      nextTrustedSinceMs: renewalMs,
      previousPem: first.certificatePem,
      currentServedSinceMs: madeAtMs,
    };
    const read = readKept(writeKept(all));
    expect(read).toEqual(all);
    expect(read?.current.privateKey.equals(second.privateKey)).toBe(true);
    expect(trustBundle(all)).toBe(second.certificatePem + first.certificatePem + first.certificatePem);
    expect(readKept(writeKept(alone(first)))).toEqual(alone(first));
  });

  it.each([
    ['missing', () => undefined],
    ['empty', () => ({})],
    ['without its key', () => ({ ...writeKept(alone(first)), 'tls.key': '' })],
    [
      'with another’s key',
      () => ({ ...writeKept(alone(first)), 'tls.key': writeKept(alone(second))['tls.key'] ?? '' }),
    ],
    ['no certificate', () => ({ ...writeKept(alone(first)), 'tls.crt': 'bm9uZQ==' })],
  ])('that is %s cannot be served', (_, data) => {
    expect(readKept(data())).toBeUndefined();
  });

  it('that was served before is not trusted any more where it cannot be read', () => {
    const broken = { ...writeKept(alone(first)), 'previous.crt': 'bm9uZQ==' };
    expect(readKept(broken)).toEqual(alone(first));
  });

  it('that is trusted somewhere is trusted on, until it ends', () => {
    const both = `text\n${first.certificatePem}${second.certificatePem}`;
    expect(lastingIn(both, renewalMs)).toBe(first.certificatePem + second.certificatePem);
    expect(lastingIn(both, endMs)).toBe(second.certificatePem);
    expect(lastingIn(both, endMs + lifeMs)).toBeUndefined();
    expect(
      lastingIn('-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n', 0),
    ).toBeUndefined();
  });

  it('and a text that is no key are no pair', () => {
    expect(isPair({ ...first, privateKey: new Sensitive('none') })).toBe(false);
  });
});

describe('the rotation', () => {
  it('begins with a new one where there is none that could be served', () => {
    expect(rotationStep(undefined, hosts, madeAtMs)).toEqual({ kind: 'begin-anew' });
    expect(rotationStep(alone(first), hosts, endMs)).toEqual({ kind: 'begin-anew' });
    expect(rotationStep(alone(first), ['renamed.svc'], madeAtMs)).toEqual({ kind: 'begin-anew' });
  });

  it('makes the next one when a third of its life is left', () => {
    expect(rotationStep(alone(first), hosts, madeAtMs)).toEqual({ kind: 'wait', untilMs: renewalMs });
    expect(rotationStep(alone(first), hosts, renewalMs)).toEqual({ kind: 'make-next' });
  });

  it('serves the next one when it has been trusted for five minutes, and goes on trusting the previous one', () => {
    const trustedSinceMs = renewalMs + 3 * minuteMs;
    const prepared = { ...alone(first), next: second };
    const noted = { ...prepared, nextTrustedSinceMs: trustedSinceMs };
    expect(rotationStep(prepared, hosts, trustedSinceMs)).toEqual({ kind: 'note-moment', kept: noted });
    const serveFromMs = trustedSinceMs + 5 * minuteMs;
    expect(rotationStep(noted, hosts, serveFromMs - 1)).toEqual({ kind: 'wait', untilMs: serveFromMs });
    const previousPem = first.certificatePem;
    const swapped = { ...alone(second), previousPem, currentServedSinceMs: serveFromMs };
    expect(rotationStep(noted, hosts, serveFromMs)).toEqual({ kind: 'serve-next', kept: swapped });
    const forgetFromMs = serveFromMs + 5 * minuteMs;
    expect(rotationStep(swapped, hosts, forgetFromMs - 1)).toEqual({ kind: 'wait', untilMs: forgetFromMs });
    expect(rotationStep(swapped, hosts, forgetFromMs)).toEqual({
      kind: 'forget-previous',
      kept: alone(second),
    });
  });

  it('takes no two steps in the same moment, however late it is', () => {
    const lateMs = renewalMs + dayMs;
    const kinds: string[] = [];
    let all: KeptCertificates = { ...alone(first), next: second };
    for (let nowMs = lateMs; kinds.at(-1) !== 'forget-previous';) {
      const step = rotationStep(all, hosts, nowMs);
      if (step.kind === 'begin-anew' || step.kind === 'make-next') throw new Error(step.kind);
      kinds.push(step.kind);
      if (step.kind === 'wait') nowMs = step.untilMs;
      else all = step.kept;
    }
    expect(kinds).toEqual(['note-moment', 'wait', 'serve-next', 'wait', 'forget-previous']);
  });

  it('goes on trusting a previous one of which nobody knows since when it is not served', () => {
    const unknown = { ...alone(second), previousPem: first.certificatePem };
    expect(rotationStep(unknown, hosts, renewalMs + dayMs)).toEqual({
      kind: 'note-moment',
      kept: { ...unknown, currentServedSinceMs: renewalMs + dayMs },
    });
  });

  it('does not wait for trust where the current one has ended', () => {
    const late = { ...alone(first), next: { ...second, madeAtMs: endMs, endsAtMs: endMs + lifeMs } };
    expect(rotationStep(late, hosts, endMs)).toMatchObject({ kind: 'serve-next' });
  });

  it('needs no more than a tenth of a very short life', async () => {
    const short = kept(await makeCertificate(hosts, madeAtMs, 30_000));
    expect(rotationStep(alone(short), hosts, madeAtMs)).toEqual({ kind: 'wait', untilMs: madeAtMs + 20_000 });
    const next = kept(await makeCertificate(hosts, madeAtMs + 20_000, 30_000));
    const prepared = { ...alone(short), next, nextTrustedSinceMs: madeAtMs + 20_000 };
    expect(rotationStep(prepared, hosts, madeAtMs + 20_000)).toEqual({
      kind: 'wait',
      untilMs: madeAtMs + 21_500,
    });
  });
});
