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
  /** Trusted already, and served next. */
  readonly next: KeptCertificate | undefined;
  /** PEM; still trusted, since a replica may not have left it yet. */
  readonly previousPem: string | undefined;
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
    previousPem: readPem(data['previous.crt']),
  };
}

export function writeKept({ current, next, previousPem }: KeptCertificates): SecretData {
  return {
    'tls.crt': encoded(current.certificatePem),
    'tls.key': encoded(current.privateKey.reveal()),
    ...(next && {
      'next.crt': encoded(next.certificatePem),
      'next.key': encoded(next.privateKey.reveal()),
    }),
    ...(previousPem !== undefined && { 'previous.crt': encoded(previousPem) }),
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

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).serialNumber !== '';
  } catch {
    return false;
  }
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
