import { setTimeout as delay } from 'node:timers/promises';
import type { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { createAccount } from '../real-parts/webhook-stage.ts';

/** A service account that was to be created. */
export interface LoadedAccount {
  readonly namespace: string;
  readonly name: string;
}

export interface LoadOutcome {
  readonly created: number;
  /** Those that were not, with what the API server said. */
  readonly failed: readonly (LoadedAccount & { readonly text: string })[];
  /** Created without the pull secret on them. */
  readonly without: readonly LoadedAccount[];
  /** The rates and times, to be read by people. */
  readonly figures: string;
}

export interface Load {
  readonly outcome: Promise<LoadOutcome>;
  /** How many are being created now. */
  readonly underway: () => number;
  readonly begun: () => number;
}

export interface LoadPlan {
  readonly namespaces: readonly string[];
  readonly prefix: string;
  readonly total: number;
  readonly perSecond: number;
}

/**
 * With more under way a machine is too slow for this rate: the API server itself gives up after half a minute, whatever
 * the webhook does. What is then sent late still counts from when it was due.
 */
const mostUnderway = 200;

/**
 * Creates service accounts in turn in these namespaces, each when it is due, however many are still being created,
 * as clients do who know nothing of each other.
 */
export function loadAccounts(admin: ApiCaller, plan: LoadPlan): Load {
  const { namespaces, prefix, total, perSecond } = plan;
  const failed: (LoadedAccount & { text: string })[] = [];
  const without: LoadedAccount[] = [];
  const latenciesMs: number[] = [];
  const underway = new Set<Promise<void>>();
  let [mostAtOnce, heldBack] = [0, 0];
  const create = async (account: LoadedAccount, dueAtMs: number) => {
    const { status, text } = await createAccount(admin, account.namespace, account.name);
    latenciesMs.push(performance.now() - dueAtMs);
    if (status !== 201) failed.push({ ...account, text });
    else if (!text.includes(pullSecretName)) without.push(account);
  };
  const begin = (account: LoadedAccount, dueAtMs: number) => {
    const creation = create(account, dueAtMs).finally(() => underway.delete(creation));
    underway.add(creation);
    mostAtOnce = Math.max(mostAtOnce, underway.size);
    return creation;
  };
  const run = async () => {
    const startedAtMs = performance.now();
    const creations: Promise<void>[] = [];
    for (let index = 0; index < total; index += 1) {
      const dueAtMs = startedAtMs + (index * 1_000) / perSecond;
      const waitMs = dueAtMs - performance.now();
      if (waitMs > 1) await delay(waitMs);
      if (underway.size >= mostUnderway) {
        heldBack += 1;
        await Promise.race(underway);
      }
      const namespace = namespaces[index % namespaces.length] ?? '';
      creations.push(begin({ namespace, name: `${prefix}-${index}` }, dueAtMs));
    }
    const sentInMs = performance.now() - startedAtMs;
    await Promise.all(creations);
    const doneInMs = performance.now() - startedAtMs;
    const figures = [
      `${total} service accounts sent in ${seconds(sentInMs)}, all answered after ${seconds(doneInMs)}`,
      `${((total * 1_000) / doneInMs).toFixed(0)} answered a second, at most ${mostAtOnce} at a time, ${heldBack} held back`,
      `p50 ${quantileMs(latenciesMs, 0.5)} ms, p99 ${quantileMs(latenciesMs, 0.99)} ms`,
      `${failed.length} refused, ${without.length} without the pull secret`,
    ].join('; ');
    return { created: total - failed.length, failed, without, figures };
  };
  return {
    outcome: run(),
    underway: () => underway.size,
    begun: () => latenciesMs.length + underway.size,
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function quantileMs(values: readonly number[], share: number): string {
  const sorted = values.toSorted((one, other) => one - other);
  return (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(0);
}
