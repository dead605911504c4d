import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The edge's own words, as opposed to those of a service behind it. */
export interface PlainAnswer {
  readonly status: 400 | 421 | 502;
  readonly text: string;
}

const statusText = { 400: 'Bad Request', 421: 'Misdirected Request', 502: 'Bad Gateway' };

export function noSuchHost(hostName: string): PlainAnswer {
  return { status: 502, text: `${hostName} is no host of this sandbox, and there is no way out of it` };
}

export function answerPlainly(response: ServerResponse, { status, text }: PlainAnswer): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`sandbox: ${text}\n`);
}

/** For a CONNECT, where Node gives the socket and no response. */
export function refuseTunnel(socket: Duplex, { status, text }: PlainAnswer): void {
  const body = `sandbox: ${text}\n`;
  socket.end(
    [
      `HTTP/1.1 ${status} ${statusText[status]}`,
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
