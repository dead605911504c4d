import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../runtime/clock.ts';

/** Answers one request, in whatever way a test wants it answered. */
export type Answer = (response: ServerResponse) => void;

export interface SeenRequest {
  readonly atMs: number;
  readonly kind: 'list' | 'watch';
  readonly query: URLSearchParams;
  readonly accept: string;
}

/**
 * An API server for tests, on loopback: lists and watches get the answers of a script, in order; when the
 * script has ended, lists are empty and watches stay silent.
 */
export class ScriptedApiServer {
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  readonly #lists: Answer[];
  readonly #watches: Answer[];

  constructor(
    clock: Clock,
    script: { readonly lists: readonly Answer[]; readonly watches: readonly Answer[] },
  ) {
    this.#lists = [...script.lists];
    this.#watches = [...script.watches];
    this.#server = createServer((request, response) => {
      const { searchParams: query } = new URL(request.url ?? '/', 'http://loopback');
      const kind = query.has('watch') ? 'watch' : 'list';
      this.seen.push({ atMs: clock.nowMs(), kind, query, accept: request.headers.accept ?? '' });
      const answer =
        kind === 'watch' ? (this.#watches.shift() ?? events()) : (this.#lists.shift() ?? list('1'));
      answer(response);
    });
  }

  async start(): Promise<KubeConfig> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    const kubeConfig = new KubeConfig();
    // client-node refuses plain HTTP unless it is told that nothing needs to be verified.
    const cluster = { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true };
    kubeConfig.loadFromClusterAndUser(cluster, { name: 'test', token: 'test' });
    return kubeConfig;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A namespace as it is on the wire. */
export function wireObject(name: string, resourceVersion: string): { metadata: Record<string, string> } {
  return { metadata: { name, resourceVersion } };
}

export function list(resourceVersion: string, items: unknown[] = [], rest?: string): Answer {
  return (response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ metadata: { resourceVersion, continue: rest }, items }));
  };
}

export function refusal(code: number, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(code, headers);
    response.end(JSON.stringify(statusOf(code)));
  };
}

/** Lines of a watch that then stays open, or goes on as `then` says. */
export function events(lines: readonly string[] = [], then: Answer = () => undefined): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    response.write(lines.map((line) => `${line}\n`).join(''), () => then(response));
  };
}

export function eventLine(type: string, object: unknown): string {
  return JSON.stringify({ type, object });
}

export function errorLine(code: number): string {
  return eventLine('ERROR', statusOf(code));
}

export const endsWell: Answer = (response) => void response.end();
export const resets: Answer = (response) => void response.socket?.resetAndDestroy();

function statusOf(code: number): unknown {
  return { kind: 'Status', status: 'Failure', code, message: `scripted ${code}` };
}
