import { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { readAnswer } from './cloud-answer.ts';
import { secretsOf, type Credentials } from './credentials.ts';
import { signedRequest } from './signed-request.ts';
import type { Transport } from './transport.ts';
import { unsignedRequest } from './unsigned-request.ts';

/** Which session of a role to open. */
export interface SessionRequest {
  readonly roleArn: string;
  /** 2 to 64 of letters, digits and `.@-_`; stands in the audit log of the role's account. */
  readonly sessionName: string;
  /** 900 up to the role's MaxSessionDuration. */
  readonly sessionSeconds: number;
}

export interface OidcSessionRequest extends SessionRequest {
  readonly oidcProviderArn: string;
  readonly oidcToken: Sensitive;
}

/** Who credentials belong to, as the cloud sees them. */
export interface CallerIdentity {
  readonly accountId: string;
  /** A user's ARN, or `acs:ram::…:assumed-role/<role>/<session>`. */
  readonly arn: string;
}

/**
 * The Security Token Service, API version 2015-04-01. Each call opens a session of its own. All methods throw
 * the CLOUD_… failures, of which CLOUD_REFUSED and CLOUD_FORBIDDEN quote the cloud.
 */
export interface SecurityTokenService {
  /** AssumeRoleWithOIDC: the OIDC token says who is asking, so that nothing is signed. */
  assumeRoleWithOidc(request: OidcSessionRequest, signal: AbortSignal): Promise<Credentials>;
  /** AssumeRole, asked by `caller`, who needs `sts:AssumeRole` and the trust of the role. */
  assumeRole(request: SessionRequest, caller: Credentials, signal: AbortSignal): Promise<Credentials>;
  /** GetCallerIdentity, which needs no permission. */
  callerIdentity(caller: Credentials, signal: AbortSignal): Promise<CallerIdentity>;
}

export interface SecurityTokenAccess {
  readonly endpoint: URL;
  readonly transport: Transport;
  readonly clock: Clock;
}

const version = '2015-04-01';

const session = z
  .object({
    Credentials: z.object({
      AccessKeyId: z.string().min(1),
      AccessKeySecret: z.string().min(1),
      SecurityToken: z.string().min(1),
      Expiration: z.iso.datetime(),
    }),
  })
  .transform(({ Credentials: { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } }): Credentials => ({
    accessKeyId: AccessKeyId,
    accessKeySecret: new Sensitive(AccessKeySecret),
    session: { securityToken: new Sensitive(SecurityToken), expiresAtMs: Date.parse(Expiration) },
  }));

const callerIdentity = z
  .object({ AccountId: z.string().min(1), Arn: z.string().min(1) })
  .transform(({ AccountId, Arn }): CallerIdentity => ({ accountId: AccountId, arn: Arn }));

export function securityTokenService(access: SecurityTokenAccess): SecurityTokenService {
  const { endpoint, transport, clock } = access;

  async function signedCall<T>(
    call: { readonly action: string; readonly query: Readonly<Record<string, string>> },
    shape: z.ZodType<T>,
    caller: Credentials,
    signal: AbortSignal,
  ): Promise<T> {
    const whole = { endpoint, version, method: 'POST', path: '/', ...call } as const;
    const answer = await transport.send(signedRequest(whole, caller, clock.nowMs()), signal);
    return readAnswer(`${call.action} at ${endpoint.host}`, answer, shape, secretsOf(caller));
  }

  return {
    async assumeRoleWithOidc({ oidcProviderArn, oidcToken, ...request }, signal) {
      const action = 'AssumeRoleWithOIDC';
      const form = {
        ...parametersOf(request),
        OIDCProviderArn: oidcProviderArn,
        OIDCToken: oidcToken.reveal(),
      };
      const unsigned = unsignedRequest({ endpoint, action, version, form }, clock.nowMs());
      const answer = await transport.send(unsigned, signal);
      return readAnswer(`${action} at ${endpoint.host}`, answer, session, [oidcToken]);
    },
    assumeRole(request, caller, signal) {
      return signedCall({ action: 'AssumeRole', query: parametersOf(request) }, session, caller, signal);
    },
    callerIdentity(caller, signal) {
      return signedCall({ action: 'GetCallerIdentity', query: {} }, callerIdentity, caller, signal);
    },
  };
}

function parametersOf({ roleArn, sessionName, sessionSeconds }: SessionRequest): Record<string, string> {
  return { RoleArn: roleArn, RoleSessionName: sessionName, DurationSeconds: String(sessionSeconds) };
}
