import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
} from 'jose';
import { Refusal } from '../gateway/refusal.ts';
import type { OidcProvider } from '../world/account.ts';
import { IssuerError } from './issuer-client.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** What a provider vouches for. */
export interface OidcClaims {
  readonly issuer: string;
  readonly subject: string;
  /** The one that is a client id of the provider; which the cloud takes of several is unknown. */
  readonly audience: string;
  readonly issuedAtSeconds: number;
  readonly expiresAtSeconds: number;
}

/** Which algorithms the cloud takes is not documented but for RS256; none with a shared secret is among them. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
const hourSeconds = 3600;

/**
 * Verifies a token by the keys that the provider's issuer publishes at this moment. Throws Refusal. In which order
 * the cloud looks at what may be wrong is unknown; keys are asked of the provider's issuer only, whatever a token
 * says. Source: STS documentation, "Error codes"; RFC 7519 §7.2.
 */
export async function verifyOidcToken(
  token: string,
  provider: OidcProvider,
  { keys, nowMs }: { readonly keys: IssuerKeys; readonly nowMs: number },
): Promise<OidcClaims> {
  checkForm(token);
  if (claimsOf(token).iss !== provider.issuerUrl) {
    throw new Refusal('AuthenticationFail.OIDCToken.IssuerNotMatch');
  }
  const payload = await verified(token, provider, { keys, nowMs });
  const { sub, aud, iat, exp } = payload;
  const audience = [aud ?? []].flat().find((one) => provider.clientIds.includes(one));
  if (sub === undefined || sub === '' || audience === undefined || iat === undefined || exp === undefined) {
    throw new Refusal('AuthenticationFail.OIDCToken.Invalid');
  }
  // The code for a token that was issued too long ago is unverified.
  if (nowMs / 1000 - iat > provider.issuanceLimitHours * hourSeconds) {
    throw new Refusal('AuthenticationFail.OIDCToken.Expired');
  }
  const { issuerUrl } = provider;
  return { issuer: issuerUrl, subject: sub, audience, issuedAtSeconds: iat, expiresAtSeconds: exp };
}

function checkForm(token: string): void {
  if (token.split('.').length !== 3) {
    throw new Refusal(
      'AuthenticationFail.OIDCToken.Invalid',
      "The number of Jwt field should be divided into 3 parts with '.' .",
    );
  }
  const { alg } = orInvalid(() => decodeProtectedHeader(token));
  if (alg === undefined || !algorithms.includes(alg)) {
    throw new Refusal(
      'AuthenticationFail.OIDCToken.Invalid',
      `The algorithm ${alg} that be specified in Jwt header is unknown.`,
    );
  }
}

function claimsOf(token: string): JWTPayload {
  return orInvalid(() => decodeJwt(token));
}

function orInvalid<T>(decode: () => T): T {
  try {
    return decode();
  } catch {
    throw new Refusal('AuthenticationFail.OIDCToken.Invalid');
  }
}

/** A key that is not known may be new: the issuer is asked once more. */
async function verified(
  token: string,
  provider: OidcProvider,
  { keys, nowMs }: { readonly keys: IssuerKeys; readonly nowMs: number },
): Promise<JWTPayload> {
  const wanted = {
    issuer: provider.issuerUrl,
    audience: provider.clientIds,
    algorithms,
    currentDate: new Date(nowMs),
    requiredClaims: ['sub', 'iat', 'exp'],
  };
  const verify = async (keySet: Parameters<typeof createLocalJWKSet>[0]): Promise<JWTPayload> =>
    (await jwtVerify(token, createLocalJWKSet(keySet), wanted)).payload;
  try {
    try {
      return await verify(await keys.of(provider));
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return await verify(await keys.renew(provider));
    }
  } catch (error) {
    throw refusalOf(error, provider);
  }
}

function refusalOf(error: unknown, { issuerUrl }: OidcProvider): unknown {
  if (error instanceof IssuerError) return issuerRefusal(error, issuerUrl);
  if (error instanceof errors.JWTExpired) return new Refusal('AuthenticationFail.OIDCToken.Expired');
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return new Refusal('AuthenticationFail.OIDCToken.AudienceNotMatch');
  }
  const isOfKey =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys;
  if (isOfKey) return new Refusal('AuthenticationFail.OIDCToken.InvalidSignature');
  return error instanceof errors.JOSEError ? new Refusal('AuthenticationFail.OIDCToken.Invalid') : error;
}

function issuerRefusal({ reason }: IssuerError, issuerUrl: string): Refusal {
  switch (reason) {
    case 'unreachable':
      return new Refusal(
        'AuthenticationFail.OIDCToken.IssuerConfigurationBroken',
        `Get public keys from OIDC Provider failed, the issuer is ${issuerUrl}.`,
      );
    case 'fingerprint':
      return new Refusal('AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch');
    case 'certificate':
      return new Refusal('AuthenticationFail.OIDCToken.HttpsUrlInvalid');
  }
}
