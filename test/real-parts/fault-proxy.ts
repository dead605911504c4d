import { once } from 'node:events';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent } from 'undici';
import { issueAuthority, issueServerCertificate } from '../../sandbox/certificates/issue-certificate.ts';
import { makeDirectory, removeDirectory } from './guardian.ts';
import { kubeConfigFor, writeKubeConfig } from './kube-config-file.ts';

export interface ProxiedRequest {
  readonly atMs: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly isWatch: boolean;
}

/** What a client gets in place of the API server's answer. */
export interface FaultAnswer {
  readonly status: number;
  readonly retryAfterSeconds?: number;
}

/** Stands between one client and an API server, speaks HTTP/2 as that does, and can misbehave. */
export interface FaultProxy {
  /** The same user, through the proxy. */
  readonly kubeConfigFile: string;
  /** What it was asked so far, oldest first. */
  requests(): readonly ProxiedRequest[];
  /** How many watches are being followed now. */
  openWatches(): number;
  /** Ends every open watch as a server does whose time limit is reached. */
  closeWatches(): void;
  /** Breaks every connection of the client. */
  resetConnections(): void;
  /** Answers like this whatever `strikes`, until `heal`. */
  answer(answer: FaultAnswer, strikes?: (request: ProxiedRequest) => boolean): void;
  heal(): void;
  stop(): Promise<void>;
}

const host = 'localhost';

export async function startFaultProxy(kubeConfigFile: string): Promise<FaultProxy> {
  const direct = new KubeConfig();
  direct.loadFromFile(kubeConfigFile);
  const [cluster, user] = [direct.getCurrentCluster(), direct.getCurrentUser()];
  if (cluster === null || user?.token === undefined) throw new Error('no cluster or no token to go on with');
  const authority = await issueAuthority(Date.now());
  const certificate = await issueServerCertificate(authority, host, Date.now());
  const upstream = new Agent({
    connect: { ca: Buffer.from(cluster.caData ?? '', 'base64') },
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  const watches = new Set<() => void>();
  let fault:
    | { readonly answer: FaultAnswer; readonly strikes: (request: ProxiedRequest) => boolean }
    | undefined;

  async function pass(incoming: Http2ServerRequest, outgoing: Http2ServerResponse): Promise<void> {
    const request = requestOf(incoming);
    requests.push(request);
    if (fault?.strikes(request) === true) return answerWith(fault.answer, outgoing);
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    const answer = await upstream.request({
      origin: cluster?.server ?? '',
      path: request.path,
      method: request.method,
      headers: endToEnd(incoming.headers),
      body: request.method === 'GET' ? null : await contentOf(incoming),
      signal: gone.signal,
    });
    outgoing.writeHead(answer.statusCode, endToEnd(answer.headers));
    const end = () => outgoing.end();
    if (request.isWatch) watches.add(end);
    try {
      for await (const chunk of answer.body) outgoing.write(chunk);
      end();
    } finally {
      watches.delete(end);
    }
  }

  const { certificatePem: cert, privateKeyPem: key } = certificate;
  const server = createSecureServer({ cert, key }, (incoming, outgoing) => {
    // Without an answer from the server there is none from here.
    pass(incoming, outgoing).catch(() => outgoing.stream.close());
  });
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.on('sessionError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const directory = await makeDirectory('acr-fault-proxy-');
  const { port } = server.address() as AddressInfo;
  const through = {
    name: cluster.name,
    server: `https://${host}:${port}`,
    caData: Buffer.from(authority.certificatePem).toString('base64'),
    skipTLSVerify: false,
  };
  const resetConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    kubeConfigFile: writeKubeConfig(
      join(directory, 'proxied.kubeconfig'),
      kubeConfigFor(through, { name: user.name, token: user.token }),
    ),
    requests: () => requests,
    openWatches: () => watches.size,
    closeWatches() {
      for (const end of watches) end();
      watches.clear();
    },
    resetConnections,
    answer(answer, strikes = () => true) {
      fault = { answer, strikes };
    },
    heal() {
      fault = undefined;
    },
    async stop() {
      server.close();
      resetConnections();
      await upstream.destroy();
      await removeDirectory(directory);
    },
  };
}

function requestOf({ method, url }: Http2ServerRequest): ProxiedRequest {
  return { atMs: performance.now(), method, path: url, isWatch: url.includes('watch=1') };
}

async function contentOf(incoming: Http2ServerRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const ofOneHop = /^(:.*|connection|keep-alive|host|transfer-encoding|content-length)$/;

/** The headers that are not only for one of the two connections. */
function endToEnd(headers: NodeJS.Dict<string | string[]>): Record<string, string | string[]> {
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || ofOneHop.test(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(kept);
}

/** As the API server words it. */
function answerWith({ status, retryAfterSeconds }: FaultAnswer, outgoing: Http2ServerResponse): void {
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  const reason = status === 410 ? 'Expired' : status === 429 ? 'TooManyRequests' : 'InternalError';
  const message = 'a fault that a test has switched on';
  outgoing.end(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message }),
  );
}
