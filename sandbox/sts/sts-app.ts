import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { Control, CountedEnv } from '../control/count-and-inject-faults.ts';
import { arnOf, type Caller } from '../credentials/caller.ts';
import { answerWith } from '../gateway/answer.ts';
import { apiApp } from '../gateway/api-app.ts';
import { calledOperation, requireOperation } from '../gateway/called-operation.ts';
import { parametersOf, presentedCall } from '../gateway/presented-call.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Lifetimes } from '../lifetimes.ts';
import type { IssuerKeys } from '../oidc/issuer-keys.ts';
import { verifySignature, type SignatureMemory } from '../signature/verify-signature.ts';
import type { World } from '../world/world.ts';
import type { Parameters } from './asked-session.ts';
import { assumeRole } from './assume-role.ts';
import { assumeRoleWithOidc } from './assume-role-with-oidc.ts';
import { callerIdentity } from './caller-identity.ts';

export interface StsParts {
  readonly world: World;
  readonly keys: IssuerKeys;
  readonly lifetimes: Lifetimes;
  readonly memory: SignatureMemory;
  readonly control: Control;
  readonly logger: Logger;
}

interface StsCall {
  readonly parameters: Parameters;
  readonly nowMs: number;
  /** Verifies the signature. Throws Refusal. */
  readonly caller: () => Caller;
}

type Answer = object | Promise<object>;

const version = '2015-04-01';

/** The Security Token Service (RPC, 2015-04-01). Every region's is the same. */
export function stsApp(parts: StsParts): Hono<CountedEnv> {
  const operations = operationsOf(parts);
  const actionOf = (request: Request): string => {
    const called = calledOperation(request.headers, new URL(request.url).searchParams);
    return called.kind === 'named' && operations.has(called.name) ? called.name : 'unknown';
  };
  const app = apiApp({ service: 'sts', product: 'Sts', actionOf }, parts);
  app.on(['GET', 'POST'], '/', async (context) => {
    const call = await presentedCall(context.req.raw);
    const parameters = parametersOf(call);
    const called = requireOperation(call.headers, parameters);
    const operation = called.version === version ? operations.get(called.name) : undefined;
    if (operation === undefined) throw new Refusal('InvalidAction.NotFound');
    const nowMs = parts.control.nowMs();
    const caller = (): Caller => named(context, verifySignature(call, parts.memory, nowMs));
    const answer = await operation({ parameters, nowMs, caller });
    return answerWith(200, (requestId) => ({ RequestId: requestId, ...answer }));
  });
  return app;
}

function operationsOf({
  world,
  keys,
  lifetimes,
  memory,
}: StsParts): ReadonlyMap<string, (call: StsCall) => Answer> {
  const source = { world, lifetimes, accessKeys: memory.accessKeys };
  return new Map<string, (call: StsCall) => Answer>([
    ['AssumeRole', ({ caller, parameters, nowMs }) => assumeRole(source, caller(), parameters, nowMs)],
    [
      'AssumeRoleWithOIDC',
      ({ parameters, nowMs }) => assumeRoleWithOidc({ ...source, keys }, parameters, nowMs),
    ],
    ['GetCallerIdentity', ({ caller }) => callerIdentity(caller())],
  ]);
}

function named(context: Context<CountedEnv>, caller: Caller): Caller {
  context.set('callerArn', arnOf(caller));
  return caller;
}
