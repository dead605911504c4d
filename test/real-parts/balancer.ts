import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** One address before several servers, as a Service is: connections are shared out, and passed on byte by byte. */
export interface Balancer {
  readonly port: number;
  /** The ports on loopback that new connections go to, in turn. */
  setBackends(ports: readonly number[]): void;
  stop(): Promise<void>;
}

const retryAfterMs = 50;
const patienceMs = 10_000;

/** A backend that refuses a connection is passed over, and asked again when its turn comes. */
export async function startBalancer(): Promise<Balancer> {
  let backends: readonly number[] = [];
  let turn = 0;
  const sockets = new Set<Socket>();
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };

  async function pass(client: Socket): Promise<void> {
    const giveUpAt = performance.now() + patienceMs;
    while (!client.destroyed && performance.now() < giveUpAt) {
      const port = backends[turn++ % Math.max(backends.length, 1)];
      const backend = port === undefined ? undefined : await connected(port);
      if (backend === undefined) {
        await delay(retryAfterMs);
        continue;
      }
      hold(backend);
      // Whichever side ends, the other one ends with it.
      backend.once('close', () => client.destroy());
      client.once('close', () => backend.destroy());
      client.pipe(backend).pipe(client);
      return;
    }
    client.destroy();
  }

  const server = createServer({ noDelay: true }, (client) => {
    hold(client);
    void pass(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    setBackends(ports) {
      backends = ports;
    },
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function connected(port: number): Promise<Socket | undefined> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}
