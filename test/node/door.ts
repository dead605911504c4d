import { spawn } from 'node:child_process';
import { connect, Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Door {
  /** What is connected to at this address of the node … */
  readonly from: { readonly host: string; readonly port: number };
  /** … reaches this one of the machine. */
  readonly to: { readonly host: string; readonly port: number };
}

const opener = fileURLToPath(new URL('open-door.ts', import.meta.url));

/**
 * Lets programs in the network namespace of a process reach one address of this machine, without a link between the
 * two: this process takes the connections. Rejects where the address is not one of the namespace's.
 */
export async function openDoor(namespacePid: number, { from, to }: Door): Promise<{ close(): void }> {
  const server = await listenIn(namespacePid, from);
  const open = new Set<Socket>();
  server.on('connection', (inside) => {
    const outside = connect(to);
    for (const socket of [inside, outside]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    // Either end's failure ends the other, which is all that a wire can do about it.
    pipeline(inside, outside, () => outside.destroy());
    pipeline(outside, inside, () => inside.destroy());
  });
  server.unref();
  return {
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function listenIn(namespacePid: number, { host, port }: Door['from']): Promise<Server> {
  const inNamespace = ['--target', String(namespacePid), '--net', process.execPath, opener];
  const child = spawn('/usr/bin/nsenter', [...inNamespace, host, String(port)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  return await new Promise((resolve, reject) => {
    child.once('message', (_door, handle) => {
      if (handle instanceof Server) resolve(handle);
      else reject(new Error(`no door at ${host}:${port}`));
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`no door at ${host}:${port}: ${complaint}`)));
  });
}
