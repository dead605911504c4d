import { fileURLToPath } from 'node:url';
import { fingerprintOf } from '../../sandbox/oidc/issuer-client.ts';
import { presentedAuthority } from '../../sandbox/oidc/presented-authority.ts';
import type { Cloud } from './cloud.ts';
import { enterpriseEntry } from './stage.ts';

/** For `startCloud`: the console steps of "Configure cross-account image pulling", but for the cluster's issuer. */
export const crossAccountWorld = fileURLToPath(
  new URL('../../sandbox/world/cross-account.yaml', import.meta.url),
);

const providerName = 'ack-rrsa-sandbox';
const clusterOwner = 'acs:ram::2000000000000002';

/** What that world has, as an entry names it. */
export const oidcProviderArn = `${clusterOwner}:oidc-provider/${providerName}`;
export const roles = {
  /** May assume the repository owner's role and nothing else. */
  cluster: `${clusterOwner}:role/demo-role-for-rrsa`,
  /** Reads the images of the cluster's own account. */
  ownImages: `${clusterOwner}:role/own-images-for-rrsa`,
  /** Reads the images of the other account. */
  repositoryOwner: 'acs:ram::1000000000000001:role/test-rrsa-acr',
} as const;

/** Lines of an entry: the role that the add-on's OIDC token opens. */
export function byRrsa(roleArn: string): string {
  return `  rrsaRoleARN: ${roleArn}\n  rrsaOIDCProviderRoleARN: ${oidcProviderArn}\n`;
}

/** A line of an entry: the other account's role. */
export const assumeOwnersRole = `  assumeRoleARN: ${roles.repositoryOwner}\n`;

/** The whole chain, for the instance of the other account. */
export const chainEntry = enterpriseEntry + byRrsa(roles.cluster) + assumeOwnersRole;

/**
 * Does at RAM what enabling RRSA for a cluster does: the issuer is registered, with the fingerprint of the API
 * server's authority, and put into the trust policies that named the one before. Throws where no server is there.
 */
export async function enableRrsa(cloud: Cloud, issuerUrl: string): Promise<void> {
  const authority = await presentedAuthority(new URL(issuerUrl), AbortSignal.timeout(5_000));
  const accounts = await cloud.accounts();
  const provider = accounts
    .flatMap(({ oidcProviders }) => oidcProviders)
    .find(({ name }) => name === providerName);
  if (provider === undefined) throw new Error(`the world has no provider ${providerName}`);
  const former = provider.issuerUrl;
  provider.fingerprints = [fingerprintOf(authority)];
  await cloud.replaceAccounts(JSON.parse(JSON.stringify(accounts).replaceAll(former, issuerUrl)));
}
