import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { Sensitive } from '../../runtime/sensitive.ts';
import {
  isFor,
  isPair,
  kept,
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
const only = (current: KeptCertificate): KeptCertificates => ({
  current,
  next: undefined,
  previousPem: undefined,
});

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
    const all = { current: second, next: first, previousPem: first.certificatePem };
    const read = readKept(writeKept(all));
    expect(read).toEqual(all);
    expect(read?.current.privateKey.equals(second.privateKey)).toBe(true);
    expect(trustBundle(all)).toBe(second.certificatePem + first.certificatePem + first.certificatePem);
    expect(readKept(writeKept(only(first)))).toEqual(only(first));
  });

  it.each([
    ['missing', () => undefined],
    ['empty', () => ({})],
    ['without its key', () => ({ ...writeKept(only(first)), 'tls.key': '' })],
    [
      'with another’s key',
      () => ({ ...writeKept(only(first)), 'tls.key': writeKept(only(second))['tls.key'] ?? '' }),
    ],
    ['no certificate', () => ({ ...writeKept(only(first)), 'tls.crt': 'bm9uZQ==' })],
  ])('that is %s cannot be served', (_, data) => {
    expect(readKept(data())).toBeUndefined();
  });

  it('that was served before is not trusted any more where it cannot be read', () => {
    const broken = { ...writeKept(only(first)), 'previous.crt': 'bm9uZQ==' };
    expect(readKept(broken)).toEqual(only(first));
  });

  it('and a text that is no key are no pair', () => {
    expect(isPair({ ...first, privateKey: new Sensitive('none') })).toBe(false);
  });
});

describe('the rotation', () => {
  it('begins with a new one where there is none that could be served', () => {
    expect(rotationStep(undefined, hosts, madeAtMs)).toEqual({ kind: 'begin-anew' });
    expect(rotationStep(only(first), hosts, endMs)).toEqual({ kind: 'begin-anew' });
    expect(rotationStep(only(first), ['renamed.svc'], madeAtMs)).toEqual({ kind: 'begin-anew' });
  });

  it('makes the next one when a third of its life is left', () => {
    expect(rotationStep(only(first), hosts, madeAtMs)).toEqual({ kind: 'wait', untilMs: renewalMs });
    expect(rotationStep(only(first), hosts, renewalMs)).toEqual({ kind: 'make-next' });
  });

  it('serves the next one when it has been trusted for five minutes, and goes on trusting the previous one', () => {
    const prepared = { ...only(first), next: second };
    const serveFromMs = renewalMs + 5 * minuteMs;
    expect(rotationStep(prepared, hosts, serveFromMs - 1)).toEqual({ kind: 'wait', untilMs: serveFromMs });
    const swapped = { ...only(second), previousPem: first.certificatePem };
    expect(rotationStep(prepared, hosts, serveFromMs)).toEqual({ kind: 'serve-next', kept: swapped });
    const forgetFromMs = serveFromMs + 5 * minuteMs;
    expect(rotationStep(swapped, hosts, forgetFromMs - 1)).toEqual({ kind: 'wait', untilMs: forgetFromMs });
    expect(rotationStep(swapped, hosts, forgetFromMs)).toEqual({
      kind: 'forget-previous',
      kept: only(second),
    });
  });

  it('does not wait for trust where the current one has ended', () => {
    const late = { ...only(first), next: { ...second, madeAtMs: endMs, endsAtMs: endMs + lifeMs } };
    expect(rotationStep(late, hosts, endMs)).toMatchObject({ kind: 'serve-next' });
  });

  it('needs no more than a tenth of a very short life', async () => {
    const short = kept(await makeCertificate(hosts, madeAtMs, 30_000));
    expect(rotationStep(only(short), hosts, madeAtMs)).toEqual({ kind: 'wait', untilMs: madeAtMs + 20_000 });
    const next = kept(await makeCertificate(hosts, madeAtMs + 20_000, 30_000));
    expect(rotationStep({ ...only(short), next }, hosts, madeAtMs + 20_000)).toEqual({
      kind: 'wait',
      untilMs: madeAtMs + 21_500,
    });
  });
});
