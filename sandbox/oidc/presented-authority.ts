import type { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';

/**
 * The topmost certificate of the chain that a TLS server presents, trusted or not. Throws what connecting throws,
 * and the signal's reason.
 */
export async function presentedAuthority(url: URL, signal: AbortSignal): Promise<X509Certificate> {
  const socket = connect({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 443),
    // Who it is, is for the reader of the certificate to say.
    rejectUnauthorized: false,
  });
  const onAbort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    return topmost(socket);
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}

function topmost(socket: TLSSocket): X509Certificate {
  let certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error('the server presented no certificate');
  let issuer = certificate.issuerCertificate;
  while (issuer !== undefined && issuer.fingerprint256 !== certificate.fingerprint256) {
    certificate = issuer;
    issuer = certificate.issuerCertificate;
  }
  return certificate;
}
