import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import { planNamespace, type Action, type ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import type { EventRecorder } from '../kubernetes/event-recorder.ts';
import type { Pace } from '../runtime/backoff.ts';
import { act, type ActParts } from './act.ts';
import {
  changedBackEachTime,
  pullSecretNotWritten,
  pullSecretReplaced,
  serviceAccountNotPatched,
} from './events.ts';
import { isOutage, type Outage } from './outage.ts';
import type { RepeatedWrites } from './repeated-writes.ts';
import type { WantedPullSecrets } from './wanted-pull-secrets.ts';
import type { Urgency, WorkQueue } from './work-queue.ts';
import type { WriteBudget } from './write-budget.ts';

export interface DistributionParts extends ActParts {
  readonly queue: WorkQueue;
  readonly logger: Logger;
  readonly events: EventRecorder;
  /** What is routine pays for its writes. */
  readonly budget: WriteBudget;
  readonly repeated: RepeatedWrites;
  readonly outage: Outage;
  readonly wanted: Pick<WantedPullSecrets, 'inNamespaces'>;
  /** Called after an attachment. */
  readonly onAttach: () => void;
}

/** Namespaces worked on at the same time: enough to hide the API server's answer times, few enough to be gentle. */
const workers = 8;
/** While the API server is away the queue is held, which bounds the load; a namespace need not wait for much longer. */
const outagePace: Pace = { firstMs: 500, longestMs: 60_000 };

/** Makes namespaces as they should be, one key of the queue after another, until the signal is aborted. */
export async function distribute(parts: DistributionParts, signal: AbortSignal): Promise<void> {
  await parts.queue.run(
    workers,
    (namespace, urgency) => serveNamespace(parts, namespace, urgency, signal),
    signal,
  );
}

/** Gather, decide, act. Here failures of the API server become log lines and retries. */
async function serveNamespace(
  parts: DistributionParts,
  namespace: string,
  urgency: Urgency,
  signal: AbortSignal,
): Promise<void> {
  const observed = parts.view.namespace(namespace);
  const wanted = observed && parts.wanted.inNamespaces();
  if (observed === undefined || wanted === undefined) return;
  const actions = planNamespace(observed, wanted);
  if (urgency === 'routine') parts.budget.spend(actions.length);
  const { failures, waitMs } = await carryOut(parts, observed, actions, signal);
  if (signal.aborted) return;
  tryAgain(parts, namespace, failures);
  if (waitMs !== undefined) parts.queue.addAfter(namespace, waitMs, urgency);
  for (const failure of failures) {
    // A conflict is the normal answer to somebody else's change: the namespace is looked at again anyway.
    const level = failure.code === 'KUBERNETES_CONFLICT' ? 'debug' : 'error';
    parts.logger[level](
      { namespace, ...describeFailure(failure) },
      'could not serve the namespace; trying again',
    );
  }
}

function tryAgain(
  { queue, outage }: DistributionParts,
  namespace: string,
  failures: readonly Failure[],
): void {
  const outageFailure = failures.find(isOutage);
  if (outageFailure !== undefined) {
    queue.hold(outage.pauseAfterMs(outageFailure));
    queue.retry(namespace, outageFailure.retry, outagePace);
  } else if (failures[0] !== undefined) {
    queue.retry(namespace, failures[0].retry);
  }
}

interface Outcome {
  readonly failures: readonly Failure[];
  /** Until what somebody else keeps undoing may be written again. */
  readonly waitMs: number | undefined;
}

async function carryOut(
  parts: DistributionParts,
  observed: ObservedNamespace,
  actions: readonly Action[],
  signal: AbortSignal,
): Promise<Outcome> {
  const undone: Action[] = [];
  const failures: Failure[] = [];
  const waitsMs: number[] = [];
  for (const action of actions) {
    if (needsWhatIsUndone(observed, action, undone)) break;
    const waitMs = parts.repeated.waitMs(observed.name, action);
    const failure = waitMs > 0 ? undefined : await tryOnce(parts, observed, action, signal);
    if (signal.aborted) break;
    if (waitMs === 0 && failure === undefined) continue;
    undone.push(action);
    if (failure === undefined) waitsMs.push(waitMs);
    else failures.push(failure);
    if (failure !== undefined && isOutage(failure)) break;
  }
  return { failures, waitMs: waitsMs.length === 0 ? undefined : Math.min(...waitsMs) };
}

async function tryOnce(
  parts: DistributionParts,
  observed: ObservedNamespace,
  action: Action,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const namespace = observed.name;
  try {
    await act(parts, namespace, action, signal);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    if (signal.aborted) return thrown;
    if (thrown.code === 'KUBERNETES_CONFLICT') noteRepetition(parts, observed, action);
    recordFailure(parts.events, observed, action, thrown);
    return thrown;
  }
  parts.outage.over();
  parts.logger.info({ namespace, ...describeAction(action) }, action.kind);
  if (action.kind === 'attach') parts.onAttach();
  if (action.kind === 'replace-secret') parts.events.record(pullSecretReplaced(observed, action.why));
  noteRepetition(parts, observed, action);
  return undefined;
}

function noteRepetition(parts: DistributionParts, observed: ObservedNamespace, action: Action): void {
  const pause = parts.repeated.note(observed.name, action);
  if (pause === 'none') return;
  const { serviceAccount } = describeAction(action);
  parts.events.record(changedBackEachTime(observed, serviceAccount));
  if (pause !== 'first') return;
  parts.logger.warn(
    { namespace: observed.name, serviceAccount },
    'somebody else changes this back each time; writing it again with growing pauses',
  );
}

/** The Secret holds the record of which attachments are ours, so it has to be there with each of them. */
function needsWhatIsUndone(observed: ObservedNamespace, action: Action, undone: readonly Action[]): boolean {
  switch (action.kind) {
    case 'attach':
      return observed.recordedMentions === undefined && undone.some(isSecretWrite);
    case 'delete-secret':
      return undone.length > 0;
    case 'detach':
    case 'apply-secret':
    case 'replace-secret':
      return false;
  }
}

function isSecretWrite({ kind }: Action): boolean {
  return kind === 'apply-secret' || kind === 'replace-secret';
}

/** Beside the object that its people would look at. What is over by itself is told in the log only. */
function recordFailure(
  events: EventRecorder,
  namespace: ObservedNamespace,
  action: Action,
  failure: Failure,
): void {
  if (failure.code !== 'KUBERNETES_REFUSED' && failure.code !== 'KUBERNETES_FORBIDDEN') return;
  const described = describeFailure(failure);
  switch (action.kind) {
    case 'attach':
    case 'detach':
      return events.record(serviceAccountNotPatched(namespace.name, action.account, described));
    case 'apply-secret':
    case 'replace-secret':
    case 'delete-secret':
      return events.record(pullSecretNotWritten(namespace, described));
  }
}

function describeAction(action: Action): { serviceAccount?: string; why?: string } {
  switch (action.kind) {
    case 'attach':
    case 'detach':
      return { serviceAccount: action.account.name };
    case 'replace-secret':
      return { why: action.why };
    case 'apply-secret':
    case 'delete-secret':
      return {};
  }
}
