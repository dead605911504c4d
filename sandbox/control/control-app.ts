import { Hono } from 'hono';
import { WorldError } from '../world/read-world.ts';
import type { ChangeableAccounts } from '../world/changeable-accounts.ts';
import type { Control } from './count-and-inject-faults.ts';
import { faultSchema } from './faults.ts';

/** What takes part in being controlled besides calls and faults. */
export interface Controlled extends Control {
  readonly accounts: ChangeableAccounts;
}

/** The sandbox's own control: what was called, which faults are on, and what RAM knows. */
export function controlApp(control: Controlled): Hono {
  const app = new Hono();
  app.get('/accounts', (context) => context.json(control.accounts.current()));
  app.put('/accounts', async (context) => {
    try {
      control.accounts.replace(await context.req.text());
    } catch (error) {
      if (!(error instanceof WorldError)) throw error;
      return context.json({ error: 'not usable as accounts of this world', mistakes: error.mistakes }, 400);
    }
    return context.body(null, 204);
  });
  app.get('/calls', (context) => context.json(control.calls.summary()));
  app.post('/reset-counts', (context) => {
    control.calls.reset();
    return context.body(null, 204);
  });
  app.post('/faults', async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const read = faultSchema.safeParse(body);
    if (!read.success) {
      const mistakes = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
      return context.json({ error: 'not a fault', mistakes }, 400);
    }
    control.faults.add(read.data);
    return context.json(read.data, 201);
  });
  app.delete('/faults', (context) => {
    control.faults.clear();
    return context.body(null, 204);
  });
  return app;
}
