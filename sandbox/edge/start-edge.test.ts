import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type RequestListener,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { text } from 'node:stream/consumers';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { pino } from 'pino';
import { ProxyAgent, request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  openCertificateAuthority,
  type CertificateAuthority,
} from '../certificates/certificate-authority.ts';
import type { Destination } from './route.ts';
import { startEdge, type Edge } from './start-edge.ts';

const appHost = 'cr.cn-hangzhou.aliyuncs.com';
const registryHost = 'acme-registry.cn-hangzhou.cr.aliyuncs.com';

let stateDir: string;
let certificates: CertificateAuthority;
let ca: string;
let edge: Edge;
let client: ProxyAgent;
let registry: RequestListener;
let destinations: Map<string, Destination>;
const registryServer = createServer((incoming, outgoing) => registry(incoming, outgoing));

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sandbox-edge-'));
  certificates = await openCertificateAuthority(stateDir, () => Date.now());
  ca = await readFile(certificates.caFile, 'utf8');
  await once(registryServer.listen(0, '127.0.0.1'), 'listening');
});

afterAll(async () => {
  registryServer.closeAllConnections();
  registryServer.close();
  await rm(stateDir, { recursive: true });
});

beforeEach(async () => {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/reset', (c) => {
    c.env.incoming.socket.destroy();
    return c.body(null);
  });
  app.all('*', async (c) => c.json({ url: c.req.url, host: c.req.header('host'), body: await c.req.text() }));
  const backend = new URL(`http://127.0.0.1:${(registryServer.address() as AddressInfo).port}`);
  destinations = new Map<string, Destination>([
    [appHost, { kind: 'app', fetch: app.fetch }],
    [registryHost, { kind: 'registry', backend }],
  ]);
  edge = await startEdge({
    port: 0,
    route: (hostName) => destinations.get(hostName),
    certificates,
    logger: pino({ level: 'silent' }),
  });
  client = new ProxyAgent({ uri: edge.url, requestTls: { ca } });
});

afterEach(async () => {
  await client.destroy();
  await edge.close();
});

/** A request as clients give it to a proxy, or a CONNECT, without any client library's own ideas. */
async function rawRequest(options: { method: string; path: string; host: string }) {
  const { hostname, port } = new URL(edge.url);
  const { method, path, host } = options;
  const outbound = httpRequest({ hostname, port, method, path, headers: { host }, agent: false }).end();
  const [answer, socket] = (await Promise.race([once(outbound, 'response'), once(outbound, 'connect')])) as [
    { statusCode: number } & AsyncIterable<Uint8Array>,
    Socket | undefined,
  ];
  return { status: answer.statusCode, answer, socket };
}

test('an app gets a TLS request with the real host name, and its body', async () => {
  const answer = await request(`https://${appHost}/path?a=1`, {
    method: 'POST',
    body: 'hello',
    dispatcher: client,
  });
  expect(answer.statusCode).toBe(200);
  expect(await answer.body.json()).toEqual({
    url: `https://${appHost}/path?a=1`,
    host: appHost,
    body: 'hello',
  });
});

test('an app gets a plain proxy request with the real host name', async () => {
  const { status, answer } = await rawRequest({
    method: 'GET',
    path: `http://${appHost}/tokens?a=1`,
    host: appHost,
  });
  expect(status).toBe(200);
  expect(JSON.parse(await text(answer))).toMatchObject({ url: `http://${appHost}/tokens?a=1` });
});

test('an app can drop the connection instead of answering', async () => {
  const asked = request(`https://${appHost}/reset`, { dispatcher: client });
  await expect(asked).rejects.toThrow('closed');
});

test('without the root nobody trusts the edge', async () => {
  const stranger = new ProxyAgent({ uri: edge.url });
  await expect(request(`https://${appHost}/`, { dispatcher: stranger })).rejects.toThrow('certificate');
  await stranger.destroy();
});

test.each(['example.com:443', `${appHost}:22`, '127.0.0.1:443', appHost])(
  'a tunnel to %s is refused: there is no way out',
  async (authority) => {
    const { status } = await rawRequest({ method: 'CONNECT', path: authority, host: authority });
    expect(status).toBe(502);
  },
);

test('a plain request for an unknown host is refused, and so is one that is no proxy request', async () => {
  const unknown = await rawRequest({ method: 'GET', path: 'http://example.com/', host: 'example.com' });
  expect(unknown.status).toBe(502);
  expect(await text(unknown.answer)).toContain('example.com is no host of this sandbox');
  const direct = await rawRequest({ method: 'GET', path: '/', host: appHost });
  expect(direct.status).toBe(400);
});

test('a Host header that is not the host of the tunnel is misdirected', async () => {
  const answer = await request(`https://${appHost}/`, {
    headers: { host: registryHost },
    dispatcher: client,
  });
  expect(answer.statusCode).toBe(421);
  await answer.body.dump();
});

test('TLS asks for the server that the tunnel leads to, or gets no handshake', async () => {
  const { socket } = await rawRequest({ method: 'CONNECT', path: `${appHost}:443`, host: appHost });
  if (socket === undefined) throw new Error('no tunnel');
  const secured = tlsConnect({ socket, ca, servername: registryHost });
  const outcome = await Promise.race([
    once(secured, 'secureConnect').then(() => 'shaken'),
    once(secured, 'close').then(() => 'closed'),
    once(secured, 'error').then(() => 'refused'),
  ]).catch(() => 'refused');
  expect(outcome).not.toBe('shaken');
  secured.destroy();
});

test('a client without SNI gets the certificate of the host it connected to', async () => {
  const { socket } = await rawRequest({ method: 'CONNECT', path: `${appHost}:443`, host: appHost });
  if (socket === undefined) throw new Error('no tunnel');
  const secured = tlsConnect({
    socket,
    ca,
    checkServerIdentity: () => undefined,
    ALPNProtocols: ['http/1.1'],
  });
  await once(secured, 'secureConnect');
  expect(secured.getPeerCertificate().subjectaltname).toBe(`DNS:${appHost}`);
  expect(secured.alpnProtocol).toBe('http/1.1');
  secured.destroy();
});

test('a registry is told the real host and scheme, and nothing of the connection or of made-up hops', async () => {
  let seen: IncomingHttpHeaders = {};
  registry = (incoming, outgoing) => {
    seen = incoming.headers;
    outgoing.writeHead(202, { location: '/next', 'keep-alive': 'timeout=1' }).end();
  };
  const answer = await request(`https://${registryHost}/v2/team/app/blobs/uploads/`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer x',
      'x-forwarded-host': 'elsewhere.example',
      'x-forwarded-proto': 'http',
      te: 'trailers',
    },
    dispatcher: client,
  });
  expect(answer.statusCode).toBe(202);
  expect(answer.headers['location']).toBe('/next');
  expect(answer.headers['keep-alive']).not.toBe('timeout=1');
  expect(seen).toMatchObject({ host: registryHost, 'x-forwarded-proto': 'https', authorization: 'Bearer x' });
  expect(seen).not.toHaveProperty('x-forwarded-host');
  expect(seen).not.toHaveProperty('te');
  await answer.body.dump();
});

test('big bodies go to a registry and back unchanged', async () => {
  registry = (incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/octet-stream' });
    incoming.pipe(outgoing);
  };
  const layer = randomBytes(8 * 1024 * 1024);
  const answer = await request(`https://${registryHost}/v2/`, {
    method: 'PUT',
    body: layer,
    dispatcher: client,
  });
  expect(Buffer.from(await answer.body.arrayBuffer()).equals(layer)).toBe(true);
});

test('a registry may refuse an upload before it has read it', async () => {
  registry = (_incoming, outgoing) => {
    outgoing.writeHead(401).end('{}');
  };
  const answer = await request(`https://${registryHost}/v2/`, {
    method: 'PUT',
    body: randomBytes(4 * 1024 * 1024),
    dispatcher: client,
  });
  expect(answer.statusCode).toBe(401);
  await answer.body.dump();
});

test('HEAD keeps the length that it speaks of', async () => {
  registry = (_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-length': '1234' }).end();
  };
  const answer = await request(`https://${registryHost}/v2/`, { method: 'HEAD', dispatcher: client });
  expect(answer.headers['content-length']).toBe('1234');
  await answer.body.dump();
});

test('a registry that is not there is a bad gateway', async () => {
  const free = createServer();
  await once(free.listen(0, '127.0.0.1'), 'listening');
  const { port } = free.address() as AddressInfo;
  await once(free.close(), 'close');
  destinations.set(registryHost, { kind: 'registry', backend: new URL(`http://127.0.0.1:${port}`) });
  const answer = await request(`https://${registryHost}/v2/`, {
    method: 'PUT',
    body: randomBytes(4 * 1024 * 1024),
    dispatcher: client,
  });
  expect(answer.statusCode).toBe(502);
  expect(await answer.body.text()).toContain('the registry did not answer');
});

test('a registry that breaks off breaks its client off', async () => {
  registry = (_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-length': '100' });
    outgoing.write('half', () => outgoing.destroy());
  };
  const answer = await request(`https://${registryHost}/v2/`, { dispatcher: client });
  await expect(answer.body.text()).rejects.toThrow('closed');
});

test('a client that goes away takes its request at the registry with it', async () => {
  const gone = new AbortController();
  const closed = new Promise<void>((resolve) => {
    registry = (incoming) => {
      incoming.once('close', resolve);
      gone.abort();
    };
  });
  const asked = request(`https://${registryHost}/v2/`, { dispatcher: client, signal: gone.signal });
  await expect(asked).rejects.toThrow('aborted');
  await closed;
});
