import { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { readAnswer } from './cloud-answer.ts';
import { secretsOf, type Credentials } from './credentials.ts';
import { signedRequest, type OpenApiCall } from './signed-request.ts';
import type { Transport } from './transport.ts';

/** A temporary user name and authorization token, as ACR gives them out. */
export interface AuthorizationToken {
  readonly userName: string;
  readonly token: Sensitive;
  readonly expiresAtMs: number;
}

export interface InstanceDomain {
  readonly domain: string;
  /** `SYSTEM`: given by ACR; `USER`: a custom domain. */
  readonly type: string;
}

/** The Container Registry API of one region, asked as one caller. All methods throw the CLOUD_… failures. */
export interface ContainerRegistry {
  /** Enterprise Edition: GetAuthorizationToken, API version 2018-12-01. */
  enterpriseToken(instanceId: string, signal: AbortSignal): Promise<AuthorizationToken>;
  /** Enterprise Edition: ListInstanceEndpoint, API version 2018-12-01; enabled registry endpoints only. */
  enterpriseDomains(instanceId: string, signal: AbortSignal): Promise<readonly InstanceDomain[]>;
  /** Personal Edition (instances made before 2024-09-09): GET /tokens, API version 2016-06-07. */
  personalToken(signal: AbortSignal): Promise<AuthorizationToken>;
}

export interface ContainerRegistryAccess {
  readonly endpoint: URL;
  readonly credentials: Credentials;
  readonly transport: Transport;
  readonly clock: Clock;
}

const enterpriseToken = z
  .object({ TempUsername: z.string().min(1), AuthorizationToken: z.string().min(1), ExpireTime: z.number() })
  .transform((body) => ({
    userName: body.TempUsername,
    token: new Sensitive(body.AuthorizationToken),
    expiresAtMs: body.ExpireTime,
  }));

const personalToken = z
  .object({
    data: z.object({
      tempUserName: z.string().min(1),
      authorizationToken: z.string().min(1),
      expireDate: z.number(),
    }),
  })
  .transform(({ data }) => ({
    userName: data.tempUserName,
    token: new Sensitive(data.authorizationToken),
    expiresAtMs: data.expireDate,
  }));

const enterpriseEndpoints = z.object({
  Endpoints: z.array(
    z.object({
      Enable: z.boolean().nullish(),
      Domains: z.array(z.object({ Domain: z.string().min(1), Type: z.string() })).nullish(),
    }),
  ),
});

type Api = Omit<OpenApiCall, 'endpoint'>;

function enterprise(action: string, query: Record<string, string>): Api {
  return { action, version: '2018-12-01', method: 'POST', path: '/', query };
}

export function containerRegistry(access: ContainerRegistryAccess): ContainerRegistry {
  const { endpoint, credentials, transport, clock } = access;

  async function call<T>(api: Api, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const signed = signedRequest({ endpoint, ...api }, credentials, clock.nowMs());
    const answer = await transport.send(signed, signal);
    return readAnswer(`${api.action} at ${endpoint.host}`, answer, shape, secretsOf(credentials));
  }

  return {
    enterpriseToken(instanceId, signal) {
      return call(enterprise('GetAuthorizationToken', { InstanceId: instanceId }), enterpriseToken, signal);
    },
    async enterpriseDomains(instanceId, signal) {
      const query = { InstanceId: instanceId, ModuleName: 'Registry' };
      const { Endpoints } = await call(
        enterprise('ListInstanceEndpoint', query),
        enterpriseEndpoints,
        signal,
      );
      return Endpoints.filter(({ Enable }) => Enable !== false)
        .flatMap(({ Domains }) => Domains ?? [])
        .map(({ Domain, Type }) => ({ domain: Domain, type: Type }));
    },
    personalToken(signal) {
      const api = { action: 'GetAuthorizationToken', version: '2016-06-07', path: '/tokens', query: {} };
      return call({ ...api, method: 'GET' }, personalToken, signal);
    },
  };
}
