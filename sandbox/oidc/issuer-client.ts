import type { X509Certificate } from 'node:crypto';
import { Agent, request } from 'undici';
import { presentedAuthority } from './presented-authority.ts';

/** Why an issuer's document could not be had. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError';
  readonly reason: 'unreachable' | 'fingerprint' | 'certificate';

  constructor(reason: IssuerError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

const longestAnswerBytes = 1024 * 1024;
const loopback = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/;

/**
 * Gets a JSON document of an issuer on this machine. The server is known by its authority, whose fingerprint has to
 * be among those given (lower case): no public authority counts, and within that authority the certificate has to
 * be good for the host. Nothing that is off this machine is asked. Throws IssuerError, and the signal's reason.
 */
export async function getFromIssuer(
  url: URL,
  fingerprints: readonly string[],
  signal: AbortSignal,
): Promise<unknown> {
  if (url.protocol !== 'https:' || !loopback.test(url.hostname)) {
    throw new IssuerError('unreachable', `${url.host} is not on this machine`);
  }
  const authority = await presentedAuthority(url, signal).catch((cause: unknown) => {
    throw new IssuerError('unreachable', `no TLS with ${url.host}`, { cause });
  });
  if (!fingerprints.includes(fingerprintOf(authority))) {
    throw new IssuerError('fingerprint', `${url.host} has an authority ${fingerprintOf(authority)}`);
  }
  // What a server presents may end below a root.
  const connect = { ca: authority.toString(), allowPartialTrustChain: true };
  const dispatcher = new Agent({ connect, maxResponseSize: longestAnswerBytes });
  try {
    const answer = await request(url, { dispatcher, signal });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${url.href} answered ${answer.statusCode}`);
    return JSON.parse(text);
  } catch (cause) {
    const reason = isOfCertificate(cause) ? 'certificate' : 'unreachable';
    throw new IssuerError(reason, `nothing from ${url.href}`, { cause });
  } finally {
    await dispatcher.destroy();
  }
}

/** SHA-1 in small hexadecimal digits. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(':', '').toLowerCase();
}

/** OpenSSL's names of what is wrong with a certificate, as Node passes them on. */
function isOfCertificate(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /CERT|UNABLE_TO_|SIGNATURE|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH/.test(code);
}
