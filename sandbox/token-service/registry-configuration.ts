import { stringify } from 'yaml';
import type { Instance } from '../world/world.ts';
import { issuer } from './bearer-token.ts';
import { realmOf, serviceOf } from './instance-service.ts';
import { signatureAlgorithm } from './signing-key.ts';

export interface RegistryFiles {
  /** Where the images are stored. */
  readonly storageDir: string;
  /** The token service's keys: `SigningKey.jwksFile`. */
  readonly jwksFile: string;
}

/**
 * The configuration (YAML) of a `distribution` v3 registry that stores an instance's images: it listens where the
 * world says the instance's backend is, and trusts the sandbox's token service. `http.host` is not set, so that
 * its Location headers follow the host name and scheme that the edge tells it. Start it with
 * OTEL_TRACES_EXPORTER=none: without it the program sends traces to a collector.
 */
export function registryConfiguration(instance: Instance, { storageDir, jwksFile }: RegistryFiles): string {
  return stringify({
    version: 0.1,
    log: { level: 'warn', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storageDir }, delete: { enabled: false } },
    http: { addr: new URL(instance.backend).host, headers: { 'X-Content-Type-Options': ['nosniff'] } },
    auth: {
      token: {
        realm: realmOf(instance),
        service: serviceOf(instance),
        issuer,
        jwks: jwksFile,
        signingalgorithms: [signatureAlgorithm],
      },
    },
  });
}
