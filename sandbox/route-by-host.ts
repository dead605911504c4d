import type { HttpBindings } from '@hono/node-server';
import type { Destination, Route } from './edge/route.ts';
import { hostsOf, type Host } from './hosts.ts';
import type { World } from './world/world.ts';

type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/** What plays the cloud's services. */
export interface CloudApps {
  readonly containerRegistry: (regionId: string) => Fetch;
  readonly sts: Fetch;
  readonly tokenService: Fetch;
  readonly metadata: Fetch;
}

/** The edge's table: which app or registry answers at which host name of the world. */
export function routeByHost(world: World, apps: CloudApps): Route {
  const destinations = new Map(
    [...hostsOf(world)].map(([hostName, host]) => [hostName, destinationOf(host, apps)] as const),
  );
  return (hostName) => destinations.get(hostName);
}

function destinationOf(host: Host, apps: CloudApps): Destination {
  switch (host.kind) {
    case 'container-registry':
      return { kind: 'app', fetch: apps.containerRegistry(host.regionId) };
    case 'sts':
      return { kind: 'app', fetch: apps.sts };
    case 'token-service':
      return { kind: 'app', fetch: apps.tokenService };
    case 'metadata':
      return { kind: 'app', fetch: apps.metadata };
    case 'registry':
      return { kind: 'registry', backend: new URL(host.instance.backend) };
  }
}
