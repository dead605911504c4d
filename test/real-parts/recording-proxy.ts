import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface RecordingProxyWishes {
  /** The proxy that tunnels go on through, as a URL. */
  readonly upstream: string;
  /** `user:password` that it asks for; nothing if left out. */
  readonly login?: string;
  /** For `localhost`: it then speaks TLS itself. */
  readonly certificate?: { readonly certificatePem: string; readonly privateKeyPem: string };
}

/** A company's proxy, which keeps what it was asked for. */
export interface RecordingProxy {
  /** Without a login. */
  readonly url: string;
  /** `host:port` of tunnels and the URLs of plain requests so far, let through or not, each named once. */
  asked(): string[];
  forget(): void;
  stop(): Promise<void>;
}

export async function startRecordingProxy(wishes: RecordingProxyWishes): Promise<RecordingProxy> {
  const asked = new Set<string>();
  const open = new Set<Duplex>();

  const plain: RequestListener = (incoming, outgoing) => {
    asked.add(incoming.url ?? '');
    outgoing.writeHead(502).end('this proxy only makes tunnels');
  };
  const tunnel = (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    const authority = incoming.url ?? '';
    asked.add(authority);
    client.on('error', () => client.destroy());
    if (!isAllowed(incoming, wishes.login)) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const upstream = goOn(new URL(wishes.upstream), authority);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    upstream.on('error', () => client.destroy());
    client.once('close', () => upstream.destroy());
    upstream.write(head);
    client.pipe(upstream).pipe(client);
  };

  const { certificate } = wishes;
  const server =
    certificate === undefined
      ? createServer(plain)
      : createTlsServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem }, plain);
  server.on('connect', tunnel);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: certificate === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    asked: () => [...asked].toSorted(),
    forget: () => asked.clear(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of open) socket.destroy();
      }),
  };
}

function isAllowed(incoming: IncomingMessage, login: string | undefined): boolean {
  if (login === undefined) return true;
  return incoming.headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}`;
}

/** The next proxy's answer to CONNECT goes to the client as it comes. */
function goOn(next: URL, authority: string): Socket {
  const socket = connect(Number(next.port), next.hostname);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n`);
  return socket;
}
