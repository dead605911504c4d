import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Sensitive } from '../../runtime/sensitive.ts';
import { alreadyValidForMs, type ServingCertificate } from './make-certificate.ts';

/** In the add-on's own namespace: what every replica serves with. */
export const certificateSecretName = 'acr-credential-helper-webhook-tls';

/** A certificate of our own making, and when it was made and ends (ms since the epoch). */
export interface KeptCertificate extends ServingCertificate {
  readonly madeAtMs: number;
  readonly endsAtMs: number;
}

export interface KeptCertificates {
  /** The one that is served. */
  readonly current: KeptCertificate;
  /** Served next, when it has been trusted for a while. */
  readonly next: KeptCertificate | undefined;
  /** Since when it is (ms since the epoch); undefined: that is not known yet. */
  readonly nextTrustedSinceMs: number | undefined;
  /** PEM, of one or more; still trusted, since a replica may not have left it yet. */
  readonly previousPem: string | undefined;
  /** Since when the current one is served in its place (ms since the epoch); undefined: that is not known yet. */
  readonly currentServedSinceMs: number | undefined;
}

/** A Secret's `data`, in base64. */
export type SecretData = Readonly<Record<string, string>>;

/** Undefined where the Secret is missing, or where what is in it cannot be served. */
export function readKept(data: SecretData = {}): KeptCertificates | undefined {
  const current = readCertificate(data['tls.crt'], data['tls.key']);
  if (current === undefined) return undefined;
  return {
    current,
    next: readCertificate(data['next.crt'], data['next.key']),
    nextTrustedSinceMs: readMoment(data['next.trusted-since']),
    previousPem: readPem(data['previous.crt']),
    currentServedSinceMs: readMoment(data['tls.served-since']),
  };
}

export function writeKept(kept: KeptCertificates): SecretData {
  const { current, next, nextTrustedSinceMs, previousPem, currentServedSinceMs } = kept;
  return {
    'tls.crt': encoded(current.certificatePem),
    'tls.key': encoded(current.privateKey.reveal()),
    ...(next && {
      'next.crt': encoded(next.certificatePem),
      'next.key': encoded(next.privateKey.reveal()),
    }),
    ...(nextTrustedSinceMs !== undefined && { 'next.trusted-since': encodedMoment(nextTrustedSinceMs) }),
    ...(previousPem !== undefined && { 'previous.crt': encoded(previousPem) }),
    ...(currentServedSinceMs !== undefined && { 'tls.served-since': encodedMoment(currentServedSinceMs) }),
  };
}

/** Nothing else is trusted, or served next. */
export function alone(current: KeptCertificate): KeptCertificates {
  return {
    current,
    next: undefined,
    nextTrustedSinceMs: undefined,
    previousPem: undefined,
    currentServedSinceMs: undefined,
  };
}

/** Whom the API server has to trust, PEM. */
export function trustBundle({ current, next, previousPem = '' }: KeptCertificates): string {
  return `${current.certificatePem}${next?.certificatePem ?? ''}${previousPem}`;
}

/** When it was made and ends is what the certificate itself says. */
export function kept(certificate: ServingCertificate): KeptCertificate {
  const { validFromDate, validToDate } = new X509Certificate(certificate.certificatePem);
  return {
    ...certificate,
    madeAtMs: validFromDate.getTime() + alreadyValidForMs,
    endsAtMs: validToDate.getTime(),
  };
}

export function isFor({ certificatePem }: ServingCertificate, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(certificatePem);
  return hosts.every((host) => certificate.checkHost(host) !== undefined);
}

function readCertificate(
  certificate: string | undefined,
  privateKey: string | undefined,
): KeptCertificate | undefined {
  if (certificate === undefined || privateKey === undefined) return undefined;
  const read = { certificatePem: decoded(certificate), privateKey: new Sensitive(decoded(privateKey)) };
  return isPair(read) ? kept(read) : undefined;
}

/** Whether it can be served: both can be read, and belong together. */
export function isPair({ certificatePem, privateKey }: ServingCertificate): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKey.reveal()));
  } catch {
    return false;
  }
}

/** One that cannot be read would make all that is trusted unreadable. */
function readPem(certificate: string | undefined): string | undefined {
  if (certificate === undefined) return undefined;
  const pem = decoded(certificate);
  return isCertificate(pem) ? pem : undefined;
}

/** Those of several certificates (PEM) that can be read and have not ended; undefined where there are none. */
export function lastingIn(pem: string, nowMs: number): string | undefined {
  const all = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const lasting = all.filter((each) => isCertificate(each) && nowMs < endOf(each));
  return lasting.length === 0 ? undefined : lasting.map((each) => `${each}\n`).join('');
}

function endOf(pem: string): number {
  return new X509Certificate(pem).validToDate.getTime();
}

/** Whether it can be read. */
export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).serialNumber !== '';
  } catch {
    return false;
  }
}

function readMoment(moment: string | undefined): number | undefined {
  const ms = moment === undefined ? Number.NaN : Date.parse(decoded(moment));
  return Number.isNaN(ms) ? undefined : ms;
}

function encodedMoment(ms: number): string {
  return encoded(new Date(ms).toISOString());
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
