import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readHttpsProxy } from './https-proxy.ts';
import { transportThrough, type Transport } from './transport.ts';

const { signal } = new AbortController();
const running: (Transport | { close(): Promise<void> })[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

interface Asked {
  readonly authority: string;
  readonly authorization: string | undefined;
}

/** Refuses every tunnel, and keeps what for. */
async function refusingProxy(status: number) {
  const asked: Asked[] = [];
  const server: Server = createServer();
  server.on('connect', (request, socket) => {
    asked.push({ authority: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  return { asked, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function failureThrough(proxyUrl: string | undefined, url: string, noProxy = '') {
  const proxy = proxyUrl === undefined ? undefined : readHttpsProxy('HTTPS_PROXY', proxyUrl);
  const transport = transportThrough({ proxy, noProxy, authorities: [] });
  running.push(transport);
  const sent = { url: new URL(url), method: 'GET', headers: {} } as const;
  return await transport.send(sent, signal).catch((thrown: unknown) => thrown);
}

describe('a proxy', () => {
  it.each([
    [407, 'the proxy answered HTTP 407; are the user and the password in HTTPS_PROXY right?'],
    [403, 'the proxy answered HTTP 403; does the proxy allow this host?'],
  ])('that refuses with %i gets its password and is named without it', async (status, said) => {
    const { asked, host } = await refusingProxy(status);
    const failure = await failureThrough(`http://somebody:p%40ss@${host}`, 'https://cr.example');
    const authorization = `Basic ${Buffer.from('somebody:p@ss').toString('base64')}`;
    expect(asked).toEqual([{ authority: 'cr.example:443', authorization }]);
    expect(failure).toMatchObject({
      code: 'CLOUD_UNREACHABLE',
      message: `no answer from cr.example through the HTTPS proxy ${host}: ${said}`,
    });
  });

  // Names that lead nowhere: it only matters whether the proxy is asked.
  it.each([
    ['', 'https://cr.a.localhost', 'asked'],
    ['cr.a.localhost', 'https://cr.a.localhost', 'passed by'],
    ['a.localhost', 'https://cr.a.localhost', 'passed by'],
    ['.a.localhost', 'https://cr.a.localhost', 'passed by'],
    ['*.a.localhost', 'https://cr.a.localhost', 'passed by'],
    ['b.localhost, A.localhost', 'https://cr.a.localhost', 'passed by'],
    ['*', 'https://cr.a.localhost', 'passed by'],
    ['cr.a.localhost:443', 'https://cr.a.localhost', 'passed by'],
    ['cr.a.localhost:8443', 'https://cr.a.localhost', 'asked'],
    ['r.a.localhost', 'https://cr.a.localhost', 'asked'],
    ['cr.*.localhost', 'https://cr.a.localhost', 'asked'],
    ['127.0.0.1', 'https://127.0.0.1:9', 'passed by'],
    ['127.0.0.0/8', 'https://127.0.0.1:9', 'asked'],
  ])('is, with NO_PROXY=%s, for %s %s', async (noProxy, url, expected) => {
    const { asked, host } = await refusingProxy(403);
    await failureThrough(`http://${host}`, url, noProxy);
    expect(asked.length === 0 ? 'passed by' : 'asked').toBe(expected);
  });

  it('is not looked for in the variables of this process', async () => {
    const { asked, host } = await refusingProxy(403);
    const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
    const before = { ...process.env };
    for (const name of names) process.env[name] = `http://${host}`;
    try {
      const failure = await failureThrough(undefined, 'https://127.0.0.1:9');
      expect(failure).toMatchObject({
        message:
          'no answer from 127.0.0.1:9: ECONNREFUSED; is the region right, and can it be reached from here?',
      });
    } finally {
      process.env = before;
    }
    expect(asked).toEqual([]);
  });
});
