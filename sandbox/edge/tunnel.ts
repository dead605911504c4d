import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import type { CertificateAuthority } from '../certificates/certificate-authority.ts';
import { noSuchHost, type PlainAnswer } from './plain-answer.ts';
import { hostNameOf, type Route } from './route.ts';

export type TunnelRequest =
  | { readonly kind: 'open'; readonly hostName: string }
  | { readonly kind: 'refused'; readonly answer: PlainAnswer };

/** Whether `CONNECT authority` leads anywhere: only to port 443 of a host that the sandbox plays. */
export function tunnelRequest(authority: string, route: Route): TunnelRequest {
  const hostName = hostNameOf(authority);
  if (!authority.endsWith(':443') || route(hostName) === undefined) {
    return { kind: 'refused', answer: noSuchHost(authority) };
  }
  return { kind: 'open', hostName };
}

/** TLS contexts for host names, each made once: session tickets are good for the context that made them. */
export class ServerContexts {
  readonly #certificates: CertificateAuthority;
  readonly #contexts = new Map<string, Promise<SecureContext>>();

  constructor(certificates: CertificateAuthority) {
    this.#certificates = certificates;
  }

  of(hostName: string): Promise<SecureContext> {
    let context = this.#contexts.get(hostName);
    if (context === undefined) {
      context = this.#newContext(hostName);
      this.#contexts.set(hostName, context);
    }
    return context;
  }

  async #newContext(hostName: string): Promise<SecureContext> {
    const { certificatePem, privateKeyPem } = await this.#certificates.serverCertificate(hostName);
    return createSecureContext({ cert: certificatePem, key: privateKeyPem, minVersion: 'TLSv1.2' });
  }
}

/**
 * The server's side of TLS on a tunnel's socket, with a certificate for the tunnel's host. A client that asks
 * for another server by SNI (RFC 6066 §3) gets no handshake. A failed handshake is an `error` event.
 */
export function terminateTls(
  socket: Duplex,
  { hostName, secureContext }: { readonly hostName: string; readonly secureContext: SecureContext },
): TLSSocket {
  return new TLSSocket(socket, {
    isServer: true,
    secureContext,
    ALPNProtocols: ['http/1.1'],
    SNICallback(serverName, done) {
      if (hostNameOf(serverName) === hostName) done(null, secureContext);
      else done(new Error(`the tunnel leads to ${hostName}, and SNI asks for ${serverName}`));
    },
  });
}
