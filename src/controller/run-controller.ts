import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { containerRegistry } from '../alibaba/container-registry.ts';
import { containerRegistryEndpoint, securityTokenEndpoint } from '../alibaba/endpoints.ts';
import { metadataService } from '../alibaba/metadata-service.ts';
import { securityTokenService } from '../alibaba/security-token-service.ts';
import { transportThrough } from '../alibaba/transport.ts';
import { identityOf, type IdentitySources } from '../identities/identity-chain.ts';
import { projectedToken, requestedToken } from '../identities/oidc-token.ts';
import { readPodVariables } from '../identities/pod-variables.ts';
import { connectionTo } from '../kubernetes/connection.ts';
import { mintLogin, type Mint } from '../logins/mint-login.ts';
import { systemClock } from '../runtime/clock.ts';
import { clusterRegion } from './cluster-region.ts';
import { Controller } from './controller.ts';
import type { Flags } from './flags.ts';
import { serveHealth } from './health-server.ts';
import { addOnKubeConfig } from './kube-config.ts';

export interface ControllerRun {
  readonly flags: Flags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Aborted to stop gracefully. */
  readonly signal: AbortSignal;
}

/** The composition root of the add-on: connects its parts to the world and runs them until the signal is aborted. */
export async function runController({ flags, environment, logger, signal }: ControllerRun): Promise<void> {
  const clock = systemClock;
  const identity = `${hostname()}_${randomUUID()}`;
  const connection = connectionTo(addOnKubeConfig(flags.kubeconfig), clock, identity);
  const transport = transportThrough({
    httpsProxy: environment['HTTPS_PROXY'] ?? environment['https_proxy'],
    noProxy: environment['NO_PROXY'] ?? environment['no_proxy'],
  });
  const metadata = metadataService({
    endpoint: flags.metadataEndpoint,
    isHardenedModeOnly: environment['ALIBABA_CLOUD_IMDSV1_DISABLED'] === 'true',
  });
  const regionOfCluster = clusterRegion({ regionFlag: flags.region, connection, metadata });
  const pod = readPodVariables(environment);
  const sources: IdentitySources = {
    connection,
    namespace: flags.namespace,
    nodeRole: metadata.nodeRole,
    oidcToken:
      pod.tokenFile === undefined
        ? requestedToken(connection, flags.namespace)
        : projectedToken(pod.tokenFile),
    podRole: pod.role,
    securityTokens: async (signal) => {
      const endpoint = await securityTokenEndpoint(flags.endpointNetwork, () => regionOfCluster(signal));
      return securityTokenService({ endpoint, transport, clock });
    },
  };
  const mint: Mint = {
    clock,
    identityOf: (choice) => identityOf(choice, sources),
    registryOf: (regionId, credentials) => {
      const endpoint = containerRegistryEndpoint(regionId, flags.endpointNetwork);
      return containerRegistry({ endpoint, credentials, transport, clock });
    },
    clusterRegion: regionOfCluster,
  };
  const controller = new Controller(
    {
      connection,
      clock,
      logger,
      random: Math.random,
      mint: (instance, mintSignal) => mintLogin(mint, instance, mintSignal),
      identity,
    },
    { ...flags, configMapName: flags.configMap },
  );
  const health = await serveHealth(flags.healthAddress, () => controller.waitingFor());
  logger.info({ healthPort: health.port }, 'started');
  try {
    await controller.run(signal);
  } finally {
    await Promise.all([health.close(), connection.close(), transport.close()]);
  }
}
