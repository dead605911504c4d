import { hostname } from 'node:os';
import { containerRegistry } from '../alibaba/container-registry.ts';
import { metadataService } from '../alibaba/metadata-service.ts';
import { securityTokenService } from '../alibaba/security-token-service.ts';
import { transportThrough } from '../alibaba/transport.ts';
import { callerOf } from '../identities/caller.ts';
import { identityOf, type IdentitySources } from '../identities/identity-chain.ts';
import { projectedToken, requestedToken } from '../identities/oidc-token.ts';
import { readPodVariables } from '../identities/pod-variables.ts';
import { sessionNameOn } from '../identities/session-name.ts';
import type { Connection } from '../kubernetes/connection.ts';
import type { Mint } from '../logins/mint-login.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Environment } from '../runtime/environment.ts';
import type { RrsaRole } from '../settings/settings.ts';
import { cloudEndpoints, noticeOnNetworks } from './cloud-endpoints.ts';
import { clusterRegion } from './cluster-region.ts';
import type { CloudFlags } from './flags.ts';
import { wayToTheCloud } from './way-to-the-cloud.ts';

export interface CloudAccessParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly environment: Environment;
}

/** The way to Alibaba Cloud. Opens no socket before the first mint. */
export interface CloudAccess {
  readonly mint: Mint;
  /** What the Pod's own variables name; undefined where they name none. */
  readonly podRole: RrsaRole | undefined;
  /** What whoever set flags and variables should know. */
  readonly notices: readonly string[];
  /** Lets running requests end, then closes the sockets. */
  close(): Promise<void>;
}

/** With the identities that can be had on this machine. `namespace` is the add-on's own. Throws FLAGS_INVALID. */
export function cloudAccess(
  { connection, clock, environment }: CloudAccessParts,
  flags: CloudFlags & { readonly namespace: string },
): CloudAccess {
  const transport = transportThrough(wayToTheCloud(flags, environment));
  const metadata = metadataService({
    endpoint: flags.metadataEndpoint,
    isHardenedModeOnly: environment['ALIBABA_CLOUD_IMDSV1_DISABLED'] === 'true',
  });
  const regionOfCluster = clusterRegion({ regionFlag: flags.region, connection, metadata, clock });
  const endpoints = cloudEndpoints(flags, environment, regionOfCluster);
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
    sessionName: sessionNameOn(hostname()),
    securityTokens: async (signal) => {
      const endpoint = await endpoints.securityToken(signal);
      return securityTokenService({ endpoint, transport, clock });
    },
  };
  return {
    mint: {
      clock,
      identityOf: (choice) => identityOf(choice, sources),
      callerOf: (choice) => callerOf(choice, pod.role),
      registryOf: (regionId, credentials) => {
        const endpoint = endpoints.containerRegistry(regionId);
        return containerRegistry({ endpoint, credentials, transport, clock });
      },
      clusterRegion: regionOfCluster,
    },
    podRole: pod.role.kind === 'known' ? pod.role.role : undefined,
    notices: [noticeOnNetworks(flags, environment) ?? []].flat(),
    close: () => transport.close(),
  };
}
