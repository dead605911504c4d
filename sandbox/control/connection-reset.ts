import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { CountedEnv } from './count-and-inject-faults.ts';

const marker = 'x-sandbox-connection';

/** An answer that stands for none. */
export function resetResponse(): Response {
  return new Response(null, { status: 503, headers: { [marker]: 'reset' } });
}

/** Serves an app on a Node server, and drops the connection where the app answered with a reset. */
export function fetchWithResets(
  app: Hono<CountedEnv>,
): (request: Request, env: HttpBindings) => Promise<Response> {
  return async (request, env) => {
    const response = await app.fetch(request, env);
    if (response.headers.get(marker) === 'reset') env.incoming.socket.destroy();
    return response;
  };
}
