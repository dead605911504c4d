import { Hono } from 'hono';
import type { Control } from './count-and-inject-faults.ts';
import { faultSchema } from './faults.ts';

/** The sandbox's own control: what was called, and which faults are on. */
export function controlApp(control: Control): Hono {
  const app = new Hono();
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
