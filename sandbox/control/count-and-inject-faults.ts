import { setTimeout } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import type { Calls } from './calls.ts';
import { faultAnswer } from './fault-answer.ts';
import type { Faults, Service } from './faults.ts';

export interface Control {
  readonly calls: Calls;
  readonly faults: Faults;
  readonly nowMs: () => number;
}

/** What a handler may say about the call it answered: `c.set('outcome', 'NoPermission')`. */
export interface CountedEnv {
  Variables: { outcome?: string; callerArn?: string };
}

/**
 * Counts every call of a service and lets switched-on faults strike. A handler that sets no outcome counts as
 * `ok` below status 400 and as `HTTP <status>` from there on.
 */
export function countAndInjectFaults(
  control: Control,
  service: Service,
  actionOf: (request: Request) => string,
): MiddlewareHandler<CountedEnv> {
  return async (context, next) => {
    const action = actionOf(context.req.raw);
    const record = (outcome: string, caller: string | undefined): void =>
      control.calls.record({ atMs: control.nowMs(), service, action, outcome, caller });
    const fault = control.faults.take(service, action);
    if (fault !== undefined && fault.kind !== 'delay') {
      record(`fault:${fault.kind}`, undefined);
      return faultAnswer(service, fault, control.nowMs());
    }
    if (fault !== undefined) await setTimeout(fault.delayMs, undefined, { ref: false });
    await next();
    const { status } = context.res;
    record(context.get('outcome') ?? (status < 400 ? 'ok' : `HTTP ${status}`), context.get('callerArn'));
  };
}
