import { Hono } from 'hono';
import type { Logger } from 'pino';
import { countAndInjectFaults, type Control, type CountedEnv } from '../control/count-and-inject-faults.ts';
import type { Service } from '../control/faults.ts';
import { answerRefusal } from './answer.ts';
import { Refusal } from './refusal.ts';

export interface Api {
  readonly service: Service;
  /** Its short name in links of the cloud. */
  readonly product: string;
  /** Under which name a call is counted; names that clients make up should count as one. */
  readonly actionOf: (request: Request) => string;
}

/** What every API has from the gateway: TLS only, calls counted, and answers for what a handler throws. */
export function apiApp(
  { service, product, actionOf }: Api,
  { control, logger }: { readonly control: Control; readonly logger: Logger },
): Hono<CountedEnv> {
  const app = new Hono<CountedEnv>();
  app.use(countAndInjectFaults(control, service, actionOf));
  app.use(async (context, next) => {
    // Whether these APIs can be asked without TLS is unknown.
    if (new URL(context.req.url).protocol !== 'https:') throw new Refusal('InvalidProtocol.NeedSsl');
    await next();
  });
  app.notFound((context) => answerRefusal(context, product, new Refusal('InvalidAction.NotFound')));
  app.onError((error, context) => {
    if (error instanceof Refusal) return answerRefusal(context, product, error);
    logger.error({ err: error, service }, 'the API broke');
    return answerRefusal(context, product, new Refusal('InternalError'));
  });
  return app;
}
