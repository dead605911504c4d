import type { ContainerRegistry } from '../alibaba/container-registry.ts';
import type { Credentials, Identity } from '../alibaba/credentials.ts';
import { Failure } from '../failures/failure.ts';
import type { Clock } from '../runtime/clock.ts';
import type { IdentityChoice, Instance } from '../settings/settings.ts';
import type { RegistryLogin } from './registry-login.ts';
import { enterpriseDomains, personalDomains } from './registry-domains.ts';

/** What a mint needs from outside. */
export interface Mint {
  readonly clock: Clock;
  identityOf(choice: IdentityChoice): Identity;
  registryOf(regionId: string, credentials: Credentials): ContainerRegistry;
  /** The cluster's own region; throws REGION_UNKNOWN. */
  clusterRegion(signal: AbortSignal): Promise<string>;
}

/**
 * Gets a new registry login for an instance. Throws what the identity throws, and the CLOUD_…,
 * REGION_UNKNOWN and DOMAINS_UNKNOWN failures.
 */
export async function mintLogin(mint: Mint, instance: Instance, signal: AbortSignal): Promise<RegistryLogin> {
  const regionId = instance.regionId ?? (await mint.clusterRegion(signal));
  const credentials = await mint.identityOf(instance.identity)(signal);
  const registry = mint.registryOf(regionId, credentials);
  const { edition } = instance;
  switch (edition.kind) {
    case 'personal': {
      const token = await registry.personalToken(signal);
      const domains = instance.domains ?? personalDomains(regionId);
      return { instanceKey: instance.key, ...token, mintedAtMs: mint.clock.nowMs(), domains };
    }
    case 'enterprise': {
      const domains = instance.domains ?? (await listDomains(registry, edition.instanceId, signal));
      const token = await registry.enterpriseToken(edition.instanceId, signal);
      return { instanceKey: instance.key, ...token, mintedAtMs: mint.clock.nowMs(), domains };
    }
  }
}

async function listDomains(registry: ContainerRegistry, instanceId: string, signal: AbortSignal) {
  const mend = `grant cr:ListInstanceEndpoint on the instance, or list its domains in the entry (domains: "…")`;
  try {
    const domains = enterpriseDomains(await registry.enterpriseDomains(instanceId, signal));
    if (domains.length > 0) return domains;
    throw new Failure(
      'DOMAINS_UNKNOWN',
      `${instanceId} has no enabled endpoint; enable one, or list its domains`,
    );
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'CLOUD_FORBIDDEN') throw cause;
    throw new Failure(
      'DOMAINS_UNKNOWN',
      `the domains of ${instanceId} are not known: ${mend}. ${cause.message}`,
      {
        cause,
      },
    );
  }
}
