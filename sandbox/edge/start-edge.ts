import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Logger } from 'pino';
import type { CertificateAuthority } from '../certificates/certificate-authority.ts';
import { forwardToRegistry } from './forward-to-registry.ts';
import { answerPlainly, noSuchHost, refuseTunnel } from './plain-answer.ts';
import { targetInTunnel, targetOfProxyRequest } from './request-target.ts';
import type { Destination, Route } from './route.ts';
import { ServerContexts, terminateTls, tunnelRequest } from './tunnel.ts';

export interface EdgeOptions {
  /** 0 chooses a free port. */
  readonly port: number;
  readonly route: Route;
  readonly certificates: CertificateAuthority;
  readonly logger: Logger;
}

export interface Edge {
  /** What clients put into HTTPS_PROXY. */
  readonly url: string;
  close(): Promise<void>;
}

/** Clients keep connections for later; closing one under a request that is on its way would be our fault. */
const keepAliveMs = 75_000;
/** Some SDKs send an OIDC token of up to 20,000 characters in the query. */
const longestHeadBytes = 64 * 1024;

/**
 * A forward proxy on loopback that plays the whole network: clients use real host names, and `route` says who
 * answers. There is no way out of it to the internet: the only connections it ever opens are to the registries'
 * loopback backends in `route`, and a host that `route` does not know is refused with 502.
 */
export async function startEdge({ port, route, certificates, logger }: EdgeOptions): Promise<Edge> {
  const contexts = new ServerContexts(certificates);
  const opened = new Set<Duplex>();
  const tunnels = new WeakMap<Duplex, string>();
  const server = createServer(
    { keepAliveTimeout: keepAliveMs, maxHeaderSize: longestHeadBytes },
    (incoming, outgoing) => {
      const line = { url: incoming.url ?? '', host: incoming.headers.host };
      const tunnelHostName = tunnels.get(incoming.socket);
      const reading =
        tunnelHostName === undefined ? targetOfProxyRequest(line) : targetInTunnel(tunnelHostName, line);
      if (reading.kind === 'refused') return answerPlainly(outgoing, reading.answer);
      const { target } = reading;
      const destination = route(target.hostName);
      if (destination === undefined) return answerPlainly(outgoing, noSuchHost(target.hostName));
      outgoing.once('close', () => {
        const { protocol, hostName } = target;
        const asked = { protocol, hostName, method: incoming.method, path: pathOnly(target.path) };
        logger.debug({ ...asked, status: outgoing.statusCode }, 'request');
      });
      if (destination.kind === 'registry') {
        void forwardToRegistry(incoming, outgoing, { backend: destination.backend, target });
      } else {
        void handOver(destination, incoming, outgoing);
      }
    },
  );

  async function openTunnel(authority: string, socket: Socket): Promise<void> {
    const tunnel = tunnelRequest(authority, route);
    if (tunnel.kind === 'refused') {
      logger.info({ authority }, 'tunnel refused');
      return refuseTunnel(socket, tunnel.answer);
    }
    const { hostName } = tunnel;
    const secureContext = await contexts.of(hostName);
    if (socket.destroyed) return;
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    const secured = terminateTls(socket, { hostName, secureContext });
    tunnels.set(secured, hostName);
    secured.on('error', (error) => {
      logger.info({ hostName, reason: error.message }, 'tunnel broken; does the client trust ca.pem?');
    });
    server.emit('connection', secured);
  }

  server.on('connect', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    opened.add(socket);
    socket.once('close', () => opened.delete(socket));
    socket.on('error', () => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    openTunnel(incoming.url ?? '', socket).catch((error: unknown) => {
      logger.error({ err: error }, 'tunnel failed');
      socket.destroy();
    });
  });

  await listenOnLoopback(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of opened) socket.destroy();
      }),
  };
}

function handOver(
  destination: Extract<Destination, { kind: 'app' }>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  // The edge speaks HTTP/1.1 only, so the bindings are never those of HTTP/2.
  const listener = getRequestListener((request, env) => destination.fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
  });
  return listener(incoming, outgoing);
}

function listenOnLoopback(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Queries of the older signatures carry key ids and security tokens. */
function pathOnly(path: string): string {
  return path.replace(/\?.*$/s, '');
}
