import type { HttpBindings } from '@hono/node-server';

/** What answers for a host name. */
export type Destination =
  | {
      readonly kind: 'app';
      /** `env` has Node's own request and response, for an app that drops the connection instead of answering. */
      readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>;
    }
  | {
      readonly kind: 'registry';
      /** The registry program on this machine that stores the images: http://127.0.0.1:PORT. */
      readonly backend: URL;
    };

/** Host name in lower case, without a port → what answers there; undefined where no such host exists. */
export type Route = (hostName: string) => Destination | undefined;

/** The host name that a client wrote into a request line or a Host header, without its port. */
export function hostNameOf(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}
