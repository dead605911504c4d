import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../failures/failure.ts';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface HealthAddress {
  /** Undefined: every address. */
  readonly host: string | undefined;
  /** 0 chooses a free port. */
  readonly port: number;
}

/**
 * `/healthz` answers as long as the process can; `/readyz` answers 503 and says what it waits for while
 * `waitingFor` gives something. Throws FLAGS_INVALID where the address cannot be listened on.
 */
export async function serveHealth(address: HealthAddress, waitingFor: () => string[]): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const { status, text } = answer(request.url, waitingFor);
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(address, cause)));
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

function cannotListen({ host, port }: HealthAddress, cause: NodeJS.ErrnoException): Failure {
  const text = `--health-address is "${host ?? ''}:${port}", where one cannot listen: ${cause.code}; choose another`;
  return new Failure('FLAGS_INVALID', text, { cause });
}

function answer(path: string | undefined, waitingFor: () => string[]): { status: number; text: string } {
  if (path === '/healthz') return { status: 200, text: 'ok' };
  if (path !== '/readyz') return { status: 404, text: 'only /healthz and /readyz are served here' };
  const waits = waitingFor();
  return waits.length === 0
    ? { status: 200, text: 'ok' }
    : { status: 503, text: `waiting for ${waits.join(', ')}` };
}
