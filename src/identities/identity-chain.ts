import type { Credentials, Identity } from '../alibaba/credentials.ts';
import type { SecurityTokenService } from '../alibaba/security-token-service.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { explained } from '../refusals/explained.ts';
import { readTokenClaims } from '../refusals/token-claims.ts';
import type { AssumedRole, IdentityChoice, OwnIdentity } from '../settings/settings.ts';
import { accessKeyFromSecret } from './access-key-secret.ts';
import { callerOf, identifiedCaller } from './caller.ts';
import type { OidcTokenSource } from './oidc-token.ts';
import { knownPodRole, type PodRole } from './pod-variables.ts';

/** What the hops of a chain ask. */
export interface IdentitySources {
  readonly connection: Connection;
  /** The add-on's own: where the Secrets with access keys are. */
  readonly namespace: string;
  readonly nodeRole: Identity;
  readonly oidcToken: OidcTokenSource;
  /** What the Pod's own variables say. */
  readonly podRole: PodRole;
  /** Of every session that is opened. */
  readonly sessionName: string;
  /** Which Security Token Service to ask; throws where that cannot be told. */
  readonly securityTokens: (signal: AbortSignal) => Promise<SecurityTokenService>;
}

type Rrsa = OwnIdentity & { readonly kind: 'rrsa' };

/**
 * The identity that an entry chose, and no other: what fails, fails. Each call goes through the whole chain again, so
 * that every mint has fresh sessions behind it. Throws the CLOUD_…, METADATA_…, ACCESS_KEY_MISSING, RRSA_ROLE_UNKNOWN,
 * OIDC_TOKEN_UNAVAILABLE and KUBERNETES_… failures.
 */
export function identityOf(choice: IdentityChoice, sources: IdentitySources): Identity {
  switch (choice.kind) {
    case 'node-role':
      return sources.nodeRole;
    case 'inline-access-key': {
      const credentials: Credentials = choice;
      return () => Promise.resolve(credentials);
    }
    case 'access-key-secret':
      return (signal) => {
        const { connection, namespace } = sources;
        return accessKeyFromSecret(connection, { namespace, name: choice.secretName }, signal);
      };
    case 'rrsa':
      return (signal) => exchangeToken(choice, sources, signal);
    case 'assumed-role': {
      const from = identityOf(choice.from, sources);
      return async (signal) => assumeRole(choice, await from(signal), sources, signal);
    }
  }
}

async function exchangeToken(
  { role, sessionSeconds }: Rrsa,
  { podRole, oidcToken, sessionName, securityTokens }: IdentitySources,
  signal: AbortSignal,
): Promise<Credentials> {
  const used = role ?? knownPodRole(podRole);
  const token = await oidcToken(signal);
  const service = await securityTokens(signal);
  const request = { ...used, sessionName, sessionSeconds, oidcToken: token };
  return explained(service.assumeRoleWithOidc(request, signal), () => ({
    kind: 'assume-role-with-oidc',
    ...used,
    sessionSeconds,
    tokenClaims: readTokenClaims(token),
  }));
}

async function assumeRole(
  { roleArn, sessionSeconds, from }: AssumedRole,
  credentials: Credentials,
  { podRole, sessionName, securityTokens }: IdentitySources,
  signal: AbortSignal,
): Promise<Credentials> {
  const service = await securityTokens(signal);
  const request = { roleArn, sessionName, sessionSeconds };
  return explained(service.assumeRole(request, credentials, signal), async () => {
    const caller = await identifiedCaller(callerOf(from, podRole), credentials, service, signal);
    return { kind: 'assume-role', roleArn, sessionSeconds, caller };
  });
}
