import { noSuchHost, type PlainAnswer } from './plain-answer.ts';
import { hostNameOf } from './route.ts';

/** What a client asked for, whichever form its request line had (RFC 9112 §3.2). */
export interface RequestTarget {
  readonly protocol: 'http' | 'https';
  readonly hostName: string;
  /** The Host header as the client wrote it: signatures are made over it. */
  readonly authority: string;
  /** With the query, untouched. */
  readonly path: string;
}

export type RequestTargetReading =
  | { readonly kind: 'target'; readonly target: RequestTarget }
  | { readonly kind: 'refused'; readonly answer: PlainAnswer };

interface RequestLine {
  readonly url: string;
  readonly host: string | undefined;
}

/** Inside a tunnel: a path, and the Host that the tunnel leads to and its certificate names. */
export function targetInTunnel(tunnelHostName: string, { url, host }: RequestLine): RequestTargetReading {
  if (!url.startsWith('/')) return refused(400, 'a request inside a tunnel starts with a path');
  if (host === undefined || hostNameOf(host) !== tunnelHostName) {
    return refused(421, `this tunnel leads to ${tunnelHostName} and its Host header names another`);
  }
  return {
    kind: 'target',
    target: { protocol: 'https', hostName: tunnelHostName, authority: host, path: url },
  };
}

/** Outside of a tunnel: the whole URL, as clients give it to a proxy. */
export function targetOfProxyRequest({ url, host }: RequestLine): RequestTargetReading {
  const [, authority, rest] = /^http:\/\/([^/?#]+)(.*)$/i.exec(url) ?? [];
  if (authority === undefined) {
    return refused(400, 'this is a forward proxy: name it in HTTPS_PROXY and use the real host names');
  }
  const hostName = hostNameOf(authority);
  if (host === undefined || hostNameOf(host) !== hostName) {
    return refused(400, 'the Host header and the URL of the request line name different hosts');
  }
  const port = /:(\d+)$/.exec(authority)?.[1] ?? '80';
  if (port !== '80') return { kind: 'refused', answer: noSuchHost(authority) };
  const path = rest?.startsWith('/') === true ? rest : `/${rest ?? ''}`;
  return { kind: 'target', target: { protocol: 'http', hostName, authority: host, path } };
}

function refused(status: PlainAnswer['status'], text: string): RequestTargetReading {
  return { kind: 'refused', answer: { status, text } };
}
