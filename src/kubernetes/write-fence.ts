import type { Connection } from './connection.ts';

/** A connection whose requests ask `ensureAllowed` before each that may change something; it throws to prevent it. */
export function fencedConnection(connection: Connection, ensureAllowed: () => void): Connection {
  return {
    request: (call) =>
      connection.request(call.method === 'GET' ? call : { ...call, beforeSending: ensureAllowed }),
    lines: (call) => connection.lines(call),
    close: () => connection.close(),
  };
}
