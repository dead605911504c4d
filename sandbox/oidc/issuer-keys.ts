import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { OidcProvider } from '../world/account.ts';
import { getFromIssuer, IssuerError } from './issuer-client.ts';

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url() });
const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** How long the cloud keeps an issuer's keys is unknown. */
const keptMs = 10 * 60_000;
const deadlineMs = 5_000;

interface KeptKeys {
  readonly keySet: JSONWebKeySet;
  readonly untilMs: number;
}

/** The public keys of OIDC providers' issuers, kept for a while. */
export class IssuerKeys {
  readonly #nowMs: () => number;
  readonly #kept = new Map<string, KeptKeys>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Keys that may be up to ten minutes old. Throws IssuerError. */
  async of(provider: OidcProvider): Promise<JSONWebKeySet> {
    const kept = this.#kept.get(nameOf(provider));
    return kept !== undefined && this.#nowMs() < kept.untilMs ? kept.keySet : this.renew(provider);
  }

  /** The keys of this moment, for a token whose key is not among those kept. Throws IssuerError. */
  async renew(provider: OidcProvider): Promise<JSONWebKeySet> {
    const keySet = await fetchKeys(provider);
    this.#kept.set(nameOf(provider), { keySet, untilMs: this.#nowMs() + keptMs });
    return keySet;
  }
}

/** Keys of a server that a provider's fingerprints did not vouch for are no keys of its. */
function nameOf({ issuerUrl, fingerprints }: OidcProvider): string {
  return JSON.stringify([issuerUrl, fingerprints]);
}

/** Source: OpenID Connect Discovery 1.0, §4. */
async function fetchKeys({ issuerUrl, fingerprints }: OidcProvider): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(deadlineMs);
  const discoveryUrl = new URL(`${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const discovery = discoverySchema.safeParse(await getFromIssuer(discoveryUrl, fingerprints, signal));
  if (!discovery.success || discovery.data.issuer !== issuerUrl) {
    throw new IssuerError('unreachable', `${discoveryUrl.href} is not the configuration of ${issuerUrl}`);
  }
  const jwksUrl = new URL(discovery.data.jwks_uri);
  const keySet = keySetSchema.safeParse(await getFromIssuer(jwksUrl, fingerprints, signal));
  if (!keySet.success) throw new IssuerError('unreachable', `${jwksUrl.href} is no set of keys`);
  return keySet.data;
}
