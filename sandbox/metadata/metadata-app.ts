import { randomBytes } from 'node:crypto';
import { Hono, type MiddlewareHandler } from 'hono';
import { countAndInjectFaults, type Control, type CountedEnv } from '../control/count-and-inject-faults.ts';
import { isoSeconds } from '../iso-seconds.ts';
import type { Machine, World } from '../world/world.ts';
import type { RoleCredentials } from './role-credentials.ts';

export interface MetadataParts {
  readonly machine: Machine;
  readonly mode: World['metadata']['mode'];
  readonly control: Control;
  readonly roleCredentials: RoleCredentials;
}

const longestTokenSeconds = 21_600;
const tokenHeader = 'x-aliyun-ecs-metadata-token';
const lifetimeHeader = 'x-aliyun-ecs-metadata-token-ttl-seconds';

/**
 * ECS metadata of one machine: with a token (v2), and without one unless the world is v2-only.
 * Source: ECS documentation, "Instance metadata". Statuses of refused tokens are unverified.
 */
export function metadataApp({ machine, mode, control, roleCredentials }: MetadataParts): Hono<CountedEnv> {
  const app = new Hono<CountedEnv>();
  app.use(countAndInjectFaults(control, 'metadata', actionOf));
  const tokens = new Map<string, number>();

  // The client chose this lifetime and lives by it: it is not scaled.
  app.put('/latest/api/token', (context) => {
    const seconds = Number(context.req.header(lifetimeHeader));
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestTokenSeconds) {
      return context.text('the token lifetime must be 1 to 21600 seconds', 400);
    }
    for (const [token, untilMs] of tokens) if (untilMs <= control.nowMs()) tokens.delete(token);
    const token = randomBytes(42).toString('base64');
    tokens.set(token, control.nowMs() + seconds * 1000);
    return context.text(token);
  });

  const admit: MiddlewareHandler<CountedEnv> = async (context, next) => {
    const token = context.req.header(tokenHeader);
    if (token === undefined) {
      return mode === 'both' ? next() : context.text('a metadata token is required', 403);
    }
    const isGood = (tokens.get(token) ?? 0) > control.nowMs();
    return isGood ? next() : context.text('the metadata token is unknown or expired', 401);
  };
  app.use('/latest/meta-data/*', admit);

  const values = {
    'region-id': machine.regionId,
    'zone-id': machine.zoneId,
    'instance-id': machine.instanceId,
  };
  for (const [name, value] of Object.entries({ ...values, 'owner-account-id': machine.account })) {
    app.get(`/latest/meta-data/${name}`, (context) => context.text(value));
  }

  const { roleName } = machine;
  if (roleName !== undefined) {
    const roles = '/latest/meta-data/ram/security-credentials';
    for (const path of [roles, `${roles}/`]) app.get(path, (context) => context.text(roleName));
    app.get(`${roles}/${roleName}`, (context) => {
      const { accessKeyId, accessKeySecret, securityToken, expiresAtMs, issuedAtMs } =
        roleCredentials.current();
      return context.json({
        AccessKeyId: accessKeyId,
        AccessKeySecret: accessKeySecret,
        Expiration: isoSeconds(expiresAtMs),
        SecurityToken: securityToken,
        LastUpdated: isoSeconds(issuedAtMs),
        Code: 'Success',
      });
    });
  }
  return app;
}

/** Paths are counted as they are, but those that no machine has count as one. */
function actionOf(request: Request): string {
  const { pathname } = new URL(request.url);
  if (pathname === '/latest/api/token') return 'token';
  if (pathname.startsWith('/latest/meta-data/ram/security-credentials/')) {
    return pathname.endsWith('/') ? 'role-name' : 'role-credentials';
  }
  return (
    /^\/latest\/meta-data\/(region-id|zone-id|instance-id|owner-account-id)$/.exec(pathname)?.[1] ?? 'unknown'
  );
}
