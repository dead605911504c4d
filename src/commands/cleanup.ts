import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { checkDuration, checkObjectNames, namedNamespaces } from '../controller/flags.ts';
import { operatorsKubeConfig } from '../controller/kube-config.ts';
import { Failure } from '../failures/failure.ts';
import { connectionTo } from '../kubernetes/connection.ts';
import { systemClock } from '../runtime/clock.ts';
import { deadline } from '../runtime/deadline.ts';
import { takeInventory } from './cleanup-inventory.ts';
import { removeAll } from './cleanup-removal.ts';
import { inventoryText, outcomeText } from './cleanup-text.ts';
import { whileHoldingLease } from './held-lease.ts';
import { scaleDown } from './scale-down.ts';

/** The `cleanup` command's flags. */
export interface CleanupFlags {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly secretName: string;
  readonly leaseName: string;
  readonly onlyNamespaces?: string;
  /** A Deployment of the add-on's namespace. */
  readonly scaleDown?: string;
  /** Durations as in Go. */
  readonly wait: string;
  readonly timeout: string;
  readonly dryRun: boolean;
}

export interface CleanupRun {
  readonly flags: CleanupFlags;
  readonly write: (text: string) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Takes everything of the add-on's out of the cluster but what its installer made. Gives the process's exit code:
 * 1 where something is left, or where the signal was aborted. Throws FLAGS_INVALID, ADD_ON_RUNNING and KUBERNETES_….
 */
export async function runCleanup({ flags, write, logger, signal }: CleanupRun): Promise<0 | 1> {
  checkObjectNames(flags);
  const waitMs = checkDuration('--wait', flags.wait);
  const limited = deadline(signal, checkDuration('--timeout', flags.timeout));
  const options = { ...flags, onlyNamespaces: namedNamespaces(flags.onlyNamespaces) };
  const { namespace, leaseName: name } = flags;
  const clock = systemClock;
  const identity = `${hostname()}_cleanup_${randomUUID()}`;
  const connection = connectionTo(operatorsKubeConfig(flags.kubeconfig), clock, identity);
  const parts = { connection, clock, logger, random: Math.random };
  try {
    if (flags.dryRun) {
      write(inventoryText(await takeInventory(parts, options, limited)));
      return 0;
    }
    if (flags.scaleDown !== undefined) {
      const wasRegistered = await scaleDown(parts, { namespace, name: flags.scaleDown }, limited);
      if (wasRegistered)
        write('Removed the registration of the admission webhook, before its servers stop.\n');
    }
    const { inventory, outcome } = await whileHoldingLease(
      parts,
      { namespace, name, identity, waitMs },
      async (fenced, holding) => {
        const fencedParts = { ...parts, connection: fenced };
        const inventory = await takeInventory(fencedParts, options, holding);
        return { inventory, outcome: await removeAll(fencedParts, options, inventory, holding) };
      },
      limited,
    );
    write(outcomeText(inventory, outcome));
    return inventory.unseen.length + outcome.left.length === 0 ? 0 : 1;
  } catch (thrown) {
    if (!limited.aborted || thrown instanceof Failure) throw thrown;
    write('Stopped before any attachment or pull secret was removed.\n');
    return 1;
  } finally {
    await connection.close();
  }
}
