import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Credentials, Identity } from '../alibaba/credentials.ts';
import { containerRegistry } from '../alibaba/container-registry.ts';
import { containerRegistryEndpoint } from '../alibaba/endpoints.ts';
import { metadataService } from '../alibaba/metadata-service.ts';
import { transportThrough } from '../alibaba/transport.ts';
import { connectionTo, type Connection } from '../kubernetes/connection.ts';
import { mintLogin, type Mint } from '../logins/mint-login.ts';
import { systemClock } from '../runtime/clock.ts';
import type { IdentityChoice } from '../settings/settings.ts';
import { accessKeyFromSecret } from './access-key-secret.ts';
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
  const mint: Mint = {
    clock,
    identityOf: (choice) =>
      identityOf(choice, { connection, namespace: flags.namespace, nodeRole: metadata.nodeRole }),
    registryOf: (regionId, credentials) => {
      const endpoint = containerRegistryEndpoint(regionId, flags.endpointNetwork);
      return containerRegistry({ endpoint, credentials, transport, clock });
    },
    clusterRegion: clusterRegion({ regionFlag: flags.region, connection, metadata }),
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

interface IdentitySources {
  readonly connection: Connection;
  readonly namespace: string;
  readonly nodeRole: Identity;
}

function identityOf(choice: IdentityChoice, { connection, namespace, nodeRole }: IdentitySources): Identity {
  switch (choice.kind) {
    case 'node-role':
      return nodeRole;
    case 'inline-access-key': {
      const credentials: Credentials = choice;
      return () => Promise.resolve(credentials);
    }
    case 'access-key-secret':
      return (signal) => accessKeyFromSecret(connection, { namespace, name: choice.secretName }, signal);
  }
}
