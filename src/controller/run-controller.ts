import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { Admission } from '../admission/admission.ts';
import { keepAdmissionClosed } from '../admission/lead-admission.ts';
import { connectionTo } from '../kubernetes/connection.ts';
import { mintLogin } from '../logins/mint-login.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Environment } from '../runtime/environment.ts';
import { runTogether } from '../runtime/run-together.ts';
import type { AdmissionFlags } from './admission-flags.ts';
import { cloudAccess } from './cloud-access.ts';
import { Controller } from './controller.ts';
import type { Flags } from './flags.ts';
import { serveHealth } from './health-server.ts';
import { addOnKubeConfig } from './kube-config.ts';

export interface ControllerRun {
  readonly flags: Flags;
  readonly admissionFlags: AdmissionFlags;
  readonly environment: Environment;
  readonly logger: Logger;
  /** Aborted to stop gracefully. */
  readonly signal: AbortSignal;
}

/** The composition root of the add-on: connects its parts to the world and runs them until the signal is aborted. */
export async function runController(run: ControllerRun): Promise<void> {
  const { flags, admissionFlags, environment, logger, signal } = run;
  const clock = systemClock;
  const identity = `${hostname()}_${randomUUID()}`;
  const connection = connectionTo(addOnKubeConfig(flags.kubeconfig), clock, identity);
  const cloud = cloudAccess({ connection, clock, environment }, flags);
  const common = { connection, clock, logger, random: Math.random };
  const controller: Controller = new Controller(
    {
      ...common,
      podRole: cloud.podRole,
      mint: (instance, mintSignal) => mintLogin(cloud.mint, instance, mintSignal),
      identity,
      alsoLead: (leaders, leading) =>
        admission?.lead(leaders, leading) ?? keepAdmissionClosed({ ...common, connection: leaders }, leading),
    },
    { ...flags, configMapName: flags.configMap, admission: admissionFlags.mode },
  );
  const { mode, webhook } = admissionFlags;
  const admission =
    webhook &&
    new Admission(
      {
        ...common,
        onRegistration: (...seen) => controller.noteRegistration(...seen),
        knownNamespace: (name) => controller.scopedNamespace(name),
        knownAccount: (namespace, name) => controller.scopedAccount(namespace, name),
      },
      { ...flags, ...webhook },
    );
  const waitingFor = () => [...controller.waitingFor(), ...(admission?.waitingFor() ?? [])];
  const health = await serveHealth(flags.healthAddress, waitingFor);
  logger.info({ healthPort: health.port, admission: mode }, 'started');
  for (const notice of cloud.notices) logger.warn(notice);
  try {
    await runTogether(
      signal,
      (running) => controller.run(running),
      admission && ((running) => admission.run(running)),
    );
  } finally {
    await Promise.all([health.close(), connection.close(), cloud.close()]);
  }
}
