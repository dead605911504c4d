import type { ContainerRegistry, InstanceDomain } from '../alibaba/container-registry.ts';
import type { Credentials, Identity } from '../alibaba/credentials.ts';
import { Failure } from '../failures/failure.ts';
import { explained } from '../refusals/explained.ts';
import type { Caller, ContainerRegistryStep } from '../refusals/refused-step.ts';
import type { Clock } from '../runtime/clock.ts';
import type { IdentityChoice, Instance } from '../settings/settings.ts';
import type { RegistryLogin } from './registry-login.ts';
import { enterpriseDomains, personalDomains } from './registry-domains.ts';

/** What a mint needs from outside. */
export interface Mint {
  readonly clock: Clock;
  identityOf(choice: IdentityChoice): Identity;
  /** Whom that identity is of. */
  callerOf(choice: IdentityChoice): Caller;
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
  const stepOf = (action: string): ContainerRegistryStep => ({
    kind: 'container-registry',
    action,
    instanceId: edition.kind === 'enterprise' ? edition.instanceId : undefined,
    regionId,
    caller: mint.callerOf(instance.identity),
  });
  switch (edition.kind) {
    case 'personal': {
      const token = await explained(registry.personalToken(signal), () => stepOf(getToken));
      const domains = instance.domains ?? personalDomains(regionId);
      return { instanceKey: instance.key, ...token, mintedAtMs: mint.clock.nowMs(), domains };
    }
    case 'enterprise': {
      const { instanceId } = edition;
      const listing = () =>
        explained(registry.enterpriseDomains(instanceId, signal), () => stepOf('cr:ListInstanceEndpoint'));
      const domains = instance.domains ?? (await listDomains(instanceId, listing));
      const token = await explained(registry.enterpriseToken(instanceId, signal), () => stepOf(getToken));
      return { instanceKey: instance.key, ...token, mintedAtMs: mint.clock.nowMs(), domains };
    }
  }
}

const getToken = 'cr:GetAuthorizationToken';

async function listDomains(
  instanceId: string,
  listing: () => Promise<readonly InstanceDomain[]>,
): Promise<readonly string[]> {
  try {
    const domains = enterpriseDomains(await listing());
    if (domains.length > 0) return domains;
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'CLOUD_FORBIDDEN') throw cause;
    const text = `the domains of ${instanceId} are not known: ${cause.message}`;
    throw new Failure('DOMAINS_UNKNOWN', text, { topic: cause.topic, cause });
  }
  throw new Failure(
    'DOMAINS_UNKNOWN',
    `${instanceId} has no enabled endpoint; enable one, or list its domains`,
  );
}
