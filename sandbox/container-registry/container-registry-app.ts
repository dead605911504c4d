import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { Control, CountedEnv } from '../control/count-and-inject-faults.ts';
import { arnOf, type Caller } from '../credentials/caller.ts';
import { answerWith } from '../gateway/answer.ts';
import { apiApp } from '../gateway/api-app.ts';
import { calledOperation, requireOperation } from '../gateway/called-operation.ts';
import { parametersOf, presentedCall, type PresentedCall } from '../gateway/presented-call.ts';
import { Refusal } from '../gateway/refusal.ts';
import { requirePermission } from '../gateway/require-permission.ts';
import type { Lifetimes } from '../lifetimes.ts';
import { verifySignature, type SignatureMemory } from '../signature/verify-signature.ts';
import type { World } from '../world/world.ts';
import type { AuthorizationTokens } from './authorization-tokens.ts';
import { rightOnEverything } from './asked-right.ts';
import { enterpriseOperations, type EnterpriseCall, type Operation } from './enterprise-operations.ts';
import { givePersonalToken } from './personal-tokens.ts';

export interface ContainerRegistryParts {
  readonly world: World;
  readonly tokens: AuthorizationTokens;
  readonly lifetimes: Lifetimes;
  readonly memory: SignatureMemory;
  readonly control: Control;
  readonly logger: Logger;
  /** Of the endpoint that this app answers at. */
  readonly regionId: string;
}

const enterpriseVersion = '2018-12-01';
const personalVersion = '2016-06-07';

/** The Container Registry API of one region: Enterprise (RPC, 2018-12-01) and Personal (ROA, 2016-06-07). */
export function containerRegistryApp(parts: ContainerRegistryParts): Hono<CountedEnv> {
  const app = apiApp({ service: 'container-registry', product: 'cr', actionOf }, parts);
  app.on(['GET', 'POST'], '/', (context) => answerEnterprise(parts, context));
  app.get('/tokens', (context) => answerPersonal(parts, context));
  return app;
}

/** Under which name a call is counted; names that clients make up, or say in a body only, all count as one. */
function actionOf(request: Request): string {
  const url = new URL(request.url);
  if (url.pathname !== '/') return url.pathname === '/tokens' ? `${request.method} /tokens` : 'unknown';
  const called = calledOperation(request.headers, url.searchParams);
  return called.kind === 'named' && enterpriseOperations.has(called.name) ? called.name : 'unknown';
}

async function answerEnterprise(
  parts: ContainerRegistryParts,
  context: Context<CountedEnv>,
): Promise<Response> {
  const { world, tokens, lifetimes, regionId, control } = parts;
  const call = await presentedCall(context.req.raw);
  const parameters = parametersOf(call);
  const operation = operationOf(call.headers, parameters);
  const nowMs = control.nowMs();
  const caller = identify(parts, context, call);
  const asked: EnterpriseCall = { world, tokens, lifetimes, caller, regionId, parameters, nowMs };
  requirePermission(world, caller, operation.right(asked));
  const answer = operation.answer(asked);
  if (!answer.IsSuccess) context.set('outcome', answer.Code);
  return answerWith(200, (requestId) => ({ RequestId: requestId, ...answer }));
}

function operationOf(headers: Headers, parameters: ReadonlyMap<string, string>): Operation {
  const called = requireOperation(headers, parameters);
  const operation = called.version === enterpriseVersion ? enterpriseOperations.get(called.name) : undefined;
  if (operation === undefined) throw new Refusal('InvalidAction.NotFound');
  return operation;
}

async function answerPersonal(
  parts: ContainerRegistryParts,
  context: Context<CountedEnv>,
): Promise<Response> {
  const { world, tokens, lifetimes, regionId, control } = parts;
  const call = await presentedCall(context.req.raw);
  if (call.headers.get('x-acs-version') !== personalVersion) throw new Refusal('InvalidAction.NotFound');
  const nowMs = control.nowMs();
  const caller = identify(parts, context, call);
  const right = rightOnEverything('cr:GetAuthorizationToken', { regionId, caller }, ['*']);
  requirePermission(world, caller, right);
  const given = givePersonalToken({ world, tokens, lifetimes, caller, regionId, nowMs });
  switch (given.kind) {
    case 'given':
      return answerWith(200, (requestId) => ({ data: given.data, requestId }));
    case 'no-instance':
      // The answer that users of the old API report for an account without a Personal instance.
      context.set('outcome', 'USER_NOT_EXIST');
      return answerWith(404, (requestId) => ({
        code: 'USER_NOT_EXIST',
        message: 'user is not exist.',
        requestId,
      }));
  }
}

function identify(parts: ContainerRegistryParts, context: Context<CountedEnv>, call: PresentedCall): Caller {
  const caller = verifySignature(call, parts.memory, parts.control.nowMs());
  context.set('callerArn', arnOf(caller));
  return caller;
}
