import {
  centralSecurityTokenEndpoint,
  containerRegistryEndpoint,
  endpointIn,
  namesRegion,
  securityTokenEndpoint,
  writtenEndpoint,
  type EndpointNetwork,
  type WrittenEndpoint,
} from '../alibaba/endpoints.ts';
import { Failure } from '../failures/failure.ts';
import type { Environment } from '../runtime/environment.ts';
import { regionToWrite } from '../settings/region-name.ts';
import { endpointToWrite, type CloudFlags } from './flags.ts';

/** Where Alibaba Cloud is called. */
export interface CloudEndpoints {
  containerRegistry(regionId: string): URL;
  /** STS of the cluster's own region. Throws REGION_UNKNOWN where it takes a region and none is known. */
  securityToken(signal: AbortSignal): Promise<URL>;
}

type Choice =
  | { readonly kind: 'by-rule'; readonly network: EndpointNetwork }
  | { readonly kind: 'written'; readonly endpoint: WrittenEndpoint };

type EndpointFlags = Omit<CloudFlags, 'metadataEndpoint' | 'caFile'>;

/**
 * A flag goes before a variable, and a variable before the rule; an endpoint goes before the network that a rule
 * would take. The variables are those that the official SDKs and ack-pod-identity-webhook know, and as with them
 * they are about STS only. Throws FLAGS_INVALID, naming the variable and what to write.
 */
export function cloudEndpoints(
  flags: EndpointFlags,
  environment: Environment,
  clusterRegion: (signal: AbortSignal) => Promise<string>,
): CloudEndpoints {
  const registry = chosen(flags.containerRegistryEndpoint, flags.endpointNetwork) ?? byRule('public');
  const securityToken =
    chosen(flags.stsEndpoint, flags.endpointNetwork) ??
    chosen(endpointVariable(environment), vpcVariable(environment)) ??
    byRule('public');
  const region = flags.region ?? regionVariable(environment);
  const regionOfCluster = (signal: AbortSignal) =>
    region === undefined ? clusterRegion(signal) : Promise.resolve(region);
  return {
    containerRegistry(regionId) {
      return registry.kind === 'written'
        ? endpointIn(registry.endpoint, regionId)
        : containerRegistryEndpoint(regionId, registry.network);
    },
    async securityToken(signal) {
      if (securityToken.kind === 'by-rule')
        return await byRegion(securityToken.network, () => regionOfCluster(signal));
      const { endpoint } = securityToken;
      return endpointIn(endpoint, namesRegion(endpoint) ? await regionOfCluster(signal) : '');
    },
  };
}

/**
 * Where the variable of the SDKs keeps STS within the VPC, and nothing says the same of Container Registry, which no
 * variable is about: whoever has set it may mean both.
 */
export function noticeOnNetworks(
  { endpointNetwork, containerRegistryEndpoint }: EndpointFlags,
  environment: Environment,
): string | undefined {
  const isRegistrySaid = endpointNetwork !== undefined || containerRegistryEndpoint !== undefined;
  if (isRegistrySaid || vpcVariable(environment) !== 'vpc') return undefined;
  return (
    'ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED is true, which is about STS only: Container Registry is asked at its public ' +
    'endpoint. --endpoint-network vpc takes both within the VPC'
  );
}

function byRule(network: EndpointNetwork): Choice {
  return { kind: 'by-rule', network };
}

function chosen(
  endpoint: WrittenEndpoint | undefined,
  network: EndpointNetwork | undefined,
): Choice | undefined {
  if (endpoint !== undefined) return { kind: 'written', endpoint };
  return network === undefined ? undefined : byRule(network);
}

async function byRegion(network: EndpointNetwork, regionOfCluster: () => Promise<string>): Promise<URL> {
  try {
    return securityTokenEndpoint(await regionOfCluster(), network);
  } catch (thrown) {
    const isUnknown = thrown instanceof Failure && thrown.code === 'REGION_UNKNOWN';
    if (isUnknown && network === 'public') return centralSecurityTokenEndpoint;
    throw thrown;
  }
}

function endpointVariable(environment: Environment): WrittenEndpoint | undefined {
  const name = 'ALIBABA_CLOUD_STS_ENDPOINT';
  const value = environment[name];
  if (!value) return undefined;
  const written = writtenEndpoint(value);
  if (written !== undefined) return written;
  throw invalid(name, value, endpointToWrite('sts-vpc'));
}

function vpcVariable(environment: Environment): EndpointNetwork | undefined {
  const name = 'ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED';
  const value = environment[name];
  if (!value) return undefined;
  if (/^true$/i.test(value)) return 'vpc';
  if (/^false$/i.test(value)) return 'public';
  throw invalid(name, value, 'true or false');
}

function regionVariable(environment: Environment): string | undefined {
  const name = 'ALIBABA_CLOUD_STS_REGION';
  const value = environment[name];
  if (!value) return undefined;
  const toWrite = regionToWrite(value);
  if (toWrite === undefined) return value;
  throw invalid(name, value, toWrite);
}

function invalid(variable: string, found: string, wanted: string): Failure {
  return new Failure('FLAGS_INVALID', `the variable ${variable} is "${found}"; write ${wanted}, or unset it`);
}
