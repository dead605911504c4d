import { Hono, type Context } from 'hono';
import type { AuthorizationTokens, Grant } from '../container-registry/authorization-tokens.ts';
import { countAndInjectFaults, type Control, type CountedEnv } from '../control/count-and-inject-faults.ts';
import { arnOf } from '../credentials/caller.ts';
import { instanceRef, isSameInstance, type Instance, type World } from '../world/world.ts';
import { basicCredentials } from './basic-credentials.ts';
import { bearerToken } from './bearer-token.ts';
import { grantedAccess } from './granted-access.ts';
import { instanceOfService, isServedAt, realmOf, serviceOf } from './instance-service.ts';
import { readScopes } from './scope.ts';
import type { SigningKey } from './signing-key.ts';

export interface TokenServiceOptions {
  readonly world: World;
  readonly tokens: AuthorizationTokens;
  readonly signingKey: SigningKey;
  readonly control: Control;
  readonly nowMs: () => number;
}

type Login =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'valid'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly outcome: 'malformed' | 'unknown' | 'expired' | 'another-instance' };

/** Registries add 60 s of their own to a token's end, so it is kept well below the shortest login of the cloud. */
const longestBearerLifeMs = 5 * 60 * 1000;

/**
 * The service that a registry sends its clients to for a bearer token: `GET /auth` with `service` and `scope`.
 * There is no POST (OAuth 2): whether the cloud has it is unknown, and 404 is how clients learn that there is
 * none. Source: distribution, "Token Authentication Specification".
 */
export function tokenService(options: TokenServiceOptions): Hono<CountedEnv> {
  const { world, control } = options;
  const app = new Hono<CountedEnv>();
  app.use(countAndInjectFaults(control, 'token-service', () => 'auth'));
  app.get('/auth', async (context) => {
    const { hostname } = new URL(context.req.url);
    const instance = instanceOfService(world, context.req.query('service') ?? '');
    if (instance === undefined || !isServedAt(instance, hostname)) {
      context.set('outcome', 'no-such-service');
      return context.json(errorBody('UNSUPPORTED', `no such service at ${hostname}`), 400);
    }
    return answer(context, instance, options);
  });
  return app;
}

async function answer(
  context: Context<CountedEnv>,
  instance: Instance,
  { world, tokens, signingKey, nowMs }: TokenServiceOptions,
): Promise<Response> {
  const issuedAtMs = nowMs();
  const login = readLogin(context.req.header('authorization'), { instance, tokens, nowMs: issuedAtMs });
  const grant = login.kind === 'valid' ? login.grant : undefined;
  if (grant !== undefined) context.set('callerArn', arnOf(grant.caller));
  if (login.kind === 'refused') return unauthorized(context, instance, login.outcome);
  // Even a public repository of Enterprise Edition wants to know who pulls.
  if (grant === undefined && instance.edition === 'enterprise') {
    return unauthorized(context, instance, 'anonymous');
  }

  const asked = readScopes(context.req.queries('scope') ?? []);
  const access = grantedAccess({ world, instance, login: grant, asked });
  const expiresAtMs = Math.min(issuedAtMs + longestBearerLifeMs, grant?.expiresAtMs ?? Infinity);
  const token = await bearerToken(signingKey, {
    subject: grant === undefined ? '' : arnOf(grant.caller),
    audience: serviceOf(instance),
    access,
    issuedAtMs,
    expiresAtMs,
  });
  context.set('outcome', asked.length > 0 && access.length === 0 ? 'nothing-granted' : 'ok');
  return context.json({
    token,
    access_token: token,
    expires_in: Math.floor((expiresAtMs - issuedAtMs) / 1000),
    issued_at: new Date(issuedAtMs).toISOString(),
  });
}

/** A login is good for the instance that it was issued for, and for no other of the same owner either. */
function readLogin(
  header: string | undefined,
  { instance, tokens, nowMs }: { instance: Instance; tokens: AuthorizationTokens; nowMs: number },
): Login {
  const presented = basicCredentials(header);
  if (presented.kind === 'nothing') return { kind: 'anonymous' };
  if (presented.kind === 'malformed') return { kind: 'refused', outcome: 'malformed' };
  const { userName, password } = presented.credentials;
  const verification = tokens.verify(userName, password, nowMs);
  if (verification.kind !== 'valid') return { kind: 'refused', outcome: verification.kind };
  return isSameInstance(verification.grant.instance, instanceRef(instance))
    ? { kind: 'valid', grant: verification.grant }
    : { kind: 'refused', outcome: 'another-instance' };
}

/** One text for every reason: only the control port tells them apart. */
function unauthorized(context: Context<CountedEnv>, instance: Instance, outcome: string): Response {
  context.set('outcome', outcome);
  context.header('www-authenticate', `Basic realm="${realmOf(instance)}"`);
  return context.json(errorBody('UNAUTHORIZED', 'authentication required'), 401);
}

function errorBody(code: string, message: string) {
  return { errors: [{ code, message, detail: null }] };
}
