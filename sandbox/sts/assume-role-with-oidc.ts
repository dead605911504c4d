import { Refusal, type AccessDeniedDetail } from '../gateway/refusal.ts';
import { isoSeconds } from '../iso-seconds.ts';
import type { IssuerKeys } from '../oidc/issuer-keys.ts';
import { verifyOidcToken, type OidcClaims } from '../oidc/verify-oidc-token.ts';
import { decideTrust } from '../ram/decide-trust.ts';
import type { Decision } from '../ram/evaluate-policies.ts';
import type { OidcProvider } from '../world/account.ts';
import { findAccount, type World } from '../world/world.ts';
import { askedSession, requiredParameter, type Parameters } from './asked-session.ts';
import { giveSession, type GivenSession, type SessionSource } from './give-session.ts';
import { findRole } from './role-arn.ts';

const longestToken = 20_000;
const shortestToken = 4;

interface GivenToOidc extends GivenSession {
  readonly OIDCTokenInfo: Readonly<Record<string, string>>;
}

/**
 * Whoever holds a token of a registered OIDC provider's issuer assumes a role that trusts the provider. The call is
 * not signed. Throws Refusal: of a trust policy it says no more than that it did not allow. Source: STS documentation,
 * "AssumeRoleWithOIDC"; of the details, public error reports.
 */
export async function assumeRoleWithOidc(
  { world, keys, ...source }: SessionSource & { readonly world: World; readonly keys: IssuerKeys },
  parameters: Parameters,
  nowMs: number,
): Promise<GivenToOidc> {
  const asked = askedSession(parameters);
  const providerArn = requiredParameter(parameters, 'OIDCProviderArn');
  const token = tokenOf(parameters);
  const provider = findProvider(world, providerArn);
  const claims = await verifyOidcToken(token, provider.settings, { keys, nowMs });
  const role = findRole(world, asked.role);
  // No page has a role trust a provider of another account.
  const isOwn = provider.account === asked.role.account;
  const assumer = { kind: 'federated', providerArn } as const;
  const trust = isOwn ? decideTrust(role.trustPolicy, assumer, factsOf(claims)) : 'implicit-deny';
  if (trust !== 'allowed') {
    const isTold = findAccount(world, asked.role.account)?.stsDetails === 'all';
    throw new Refusal('AuthenticationFail.NoPermission', undefined, isTold ? detailOf(trust) : undefined);
  }
  return { ...giveSession(source, role, asked, nowMs), OIDCTokenInfo: tokenInfo(claims, provider.settings) };
}

/** What it says of the principal is unverified, so that it is left out. */
function detailOf(trust: Exclude<Decision, 'allowed'>): AccessDeniedDetail {
  return {
    AuthAction: 'sts:AssumeRoleWithOIDC',
    NoPermissionType: trust === 'explicit-deny' ? 'ExplicitDeny' : 'ImplicitDeny',
    PolicyType: 'AssumeRolePolicy',
  };
}

/** The code of a wrong length is unverified. */
function tokenOf(parameters: Parameters): string {
  const token = parameters.get('OIDCToken') ?? '';
  if (token === '') throw new Refusal('AuthenticationFail.OIDCToken.Invalid', 'The OIDCToken can not empty.');
  if (token.length < shortestToken || token.length > longestToken) {
    throw new Refusal('AuthenticationFail.OIDCToken.Invalid');
  }
  return token;
}

/** `acs:ram::<account>:oidc-provider/<name>`; what is not of that form is not registered either. */
function findProvider(
  world: World,
  arn: string,
): { readonly account: string; readonly settings: OidcProvider } {
  const [, account = '', name] = /^acs:ram::(\d{16}):oidc-provider\/(.+)$/.exec(arn) ?? [];
  const settings = findAccount(world, account)?.oidcProviders.find((one) => one.name === name);
  if (settings === undefined) {
    throw new Refusal('AuthenticationFail.NoPermission', 'No such OIDC Provider registered.');
  }
  return { account, settings };
}

function factsOf({ issuer, audience, subject }: OidcClaims): Readonly<Record<string, string>> {
  return { 'oidc:iss': issuer, 'oidc:aud': audience, 'oidc:sub': subject };
}

function tokenInfo(claims: OidcClaims, { clientIds }: OidcProvider): Readonly<Record<string, string>> {
  return {
    Subject: claims.subject,
    Issuer: claims.issuer,
    ClientIds: clientIds.join(','),
    IssuanceTime: isoSeconds(claims.issuedAtSeconds * 1000),
    ExpirationTime: isoSeconds(claims.expiresAtSeconds * 1000),
    VerificationInfo: 'Success',
  };
}
