import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to outgoing connections (`ip_local_port_range` begins at 32768): one of those
 * may be taken by any client between this look and the program that is to listen there.
 */
const range = { from: 15_000, to: 32_000 };
const tries = 100;

const handedOut = new Set<number>();

/** A loopback TCP port that was free a moment ago, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = randomInt(range.from, range.to);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${range.from} and ${range.to} in ${tries} tries`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
