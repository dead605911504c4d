import { Buffer } from 'node:buffer';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, request } from 'undici';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly body?: unknown;
  /** `application/json` if left out. */
  readonly mediaType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  /** As the API server sent it. */
  readonly text: string;
}

export interface ApiCallerWishes {
  readonly patienceMs?: number;
  /** Whether many requests go over one connection at the same time (HTTP/2), as Kubernetes' own clients have it. */
  readonly sharesConnections?: boolean;
}

/** Sends requests as they are, with the token of a kubeconfig, as somebody does who has got hold of it. */
export class ApiCaller {
  readonly #server: string;
  readonly #token: string;
  readonly #dispatcher: Agent;

  readonly #patienceMs: number;

  constructor(
    kubeConfig: KubeConfig,
    { patienceMs = 30_000, sharesConnections = false }: ApiCallerWishes = {},
  ) {
    this.#patienceMs = patienceMs;
    const cluster = kubeConfig.getCurrentCluster();
    const token = kubeConfig.getCurrentUser()?.token;
    if (cluster === null || token === undefined) throw new Error('a kubeconfig without a cluster or a token');
    this.#server = cluster.server;
    this.#token = token;
    const ca = cluster.caData === undefined ? {} : { ca: Buffer.from(cluster.caData, 'base64') };
    this.#dispatcher = new Agent({ connect: ca, allowH2: sharesConnections });
  }

  async call({ method, path, body, mediaType, headers }: ApiRequest): Promise<ApiAnswer> {
    const answer = await request(new URL(path, this.#server), {
      method,
      dispatcher: this.#dispatcher,
      headers: {
        authorization: `Bearer ${this.#token}`,
        'content-type': mediaType ?? 'application/json',
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(this.#patienceMs),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  async close(): Promise<void> {
    await this.#dispatcher.close();
  }
}
