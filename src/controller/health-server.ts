import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface HealthAddress {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
}

/**
 * `/healthz` answers as long as the process can; `/readyz` answers 503 and says what it waits for while
 * `waitingFor` gives something.
 */
export async function serveHealth(address: HealthAddress, waitingFor: () => string[]): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const { status, text } = answer(request.url, waitingFor);
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(path: string | undefined, waitingFor: () => string[]): { status: number; text: string } {
  if (path === '/healthz') return { status: 200, text: 'ok' };
  if (path !== '/readyz') return { status: 404, text: 'only /healthz and /readyz are served here' };
  const waits = waitingFor();
  return waits.length === 0
    ? { status: 200, text: 'ok' }
    : { status: 503, text: `waiting for ${waits.join(', ')}` };
}
