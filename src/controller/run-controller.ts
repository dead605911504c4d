import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { connectionTo } from '../kubernetes/connection.ts';
import { mintLogin } from '../logins/mint-login.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Environment } from '../runtime/environment.ts';
import { cloudAccess } from './cloud-access.ts';
import { Controller } from './controller.ts';
import type { Flags } from './flags.ts';
import { serveHealth } from './health-server.ts';
import { addOnKubeConfig } from './kube-config.ts';

export interface ControllerRun {
  readonly flags: Flags;
  readonly environment: Environment;
  readonly logger: Logger;
  /** Aborted to stop gracefully. */
  readonly signal: AbortSignal;
}

/** The composition root of the add-on: connects its parts to the world and runs them until the signal is aborted. */
export async function runController({ flags, environment, logger, signal }: ControllerRun): Promise<void> {
  const clock = systemClock;
  const identity = `${hostname()}_${randomUUID()}`;
  const connection = connectionTo(addOnKubeConfig(flags.kubeconfig), clock, identity);
  const cloud = cloudAccess({ connection, clock, environment }, flags);
  const controller = new Controller(
    {
      connection,
      clock,
      logger,
      random: Math.random,
      podRole: cloud.podRole,
      mint: (instance, mintSignal) => mintLogin(cloud.mint, instance, mintSignal),
      identity,
    },
    { ...flags, configMapName: flags.configMap },
  );
  const health = await serveHealth(flags.healthAddress, () => controller.waitingFor());
  logger.info({ healthPort: health.port }, 'started');
  for (const notice of cloud.notices) logger.warn(notice);
  try {
    await controller.run(signal);
  } finally {
    await Promise.all([health.close(), connection.close(), cloud.close()]);
  }
}
