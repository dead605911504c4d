import { createServer } from 'node:net';

// Started in a node's network namespace with an IPC channel: listens there and hands the socket to its parent, for
// which it stays a socket of that namespace.

const [host, port] = process.argv.slice(2);
const server = createServer();
server.listen({ host, port: Number(port) }, () => {
  process.send?.('door', server, () => process.exit());
});
