import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import type { EventRecorder } from '../kubernetes/event-recorder.ts';
import { listPages } from '../kubernetes/list-pages.ts';
import { pods } from '../kubernetes/resource.ts';
import type { ObservedServiceAccount } from '../pull-secrets/attachment.ts';
import type { Wanted } from '../pull-secrets/namespace-plan.ts';
import { isNamespaceInScope, isServiceAccountInScope } from '../pull-secrets/scope.ts';
import {
  isWorthRestarting,
  judgePod,
  type ObservedPod,
  type PodVerdict,
} from '../pull-secrets/waiting-pod.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { abandonOnAbort } from '../runtime/deadline.ts';
import type { ClusterView } from './cluster-view.ts';
import { podCannotPull } from './events.ts';
import { observedPod, type RawPod } from './observed-pod.ts';
import { PodRestarts } from './pod-restarts.ts';
import type { WantedPullSecrets } from './wanted-pull-secrets.ts';

/** What is done about Pods that were there before the attachment: nothing, an Event, or a new Pod. */
export const waitingPodsModes = ['off', 'tell', 'restart'] as const;
export type WaitingPodsMode = (typeof waitingPodsModes)[number];

export interface WaitingPodsParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ n < 1; spreads looks. */
  readonly random: () => number;
  readonly events: Pick<EventRecorder, 'recordAll'>;
  readonly view: Pick<ClusterView, 'namespace'>;
  readonly wanted: Pick<WantedPullSecrets, 'inNamespaces'>;
  /** Called when other Pods are waiting than before. */
  readonly onChange: () => void;
}

export interface WaitingPodsOptions {
  readonly mode: WaitingPodsMode;
  /** Undefined: all of them. */
  readonly onlyNamespaces?: readonly string[] | undefined;
}

type Waiting = Extract<PodVerdict, { kind: 'waiting' }>;

/** A kubelet finds out within seconds that it cannot pull; nobody should look more often than that. */
const soonMs = 10_000;
/** For Pods whose account was attached before this process looked, or by admission. */
const seldomMs = 5 * 60_000;
/** A Pod without a node may wait for one for ever. */
const undecidedPace: Pace = { firstMs: 1_000, longestMs: seldomMs };

/**
 * Finds the Pods that wait for an image which they can never pull, since they were created before their service
 * account was attached. Looks after attachments and from time to time: watching all Pods would cost memory for
 * each of them, and what is looked for hardly ever exists.
 */
export class WaitingPods {
  readonly #parts: WaitingPodsParts;
  readonly #options: WaitingPodsOptions;
  readonly #restarts: PodRestarts;
  /** By uid, as of this term's last look; undefined before the first. */
  #waiting: ReadonlyMap<string, string> | undefined;
  #attached = Promise.withResolvers<void>();

  constructor(parts: WaitingPodsParts, options: WaitingPodsOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#restarts = new PodRestarts(parts);
  }

  /** `namespace/name` of each, sorted; as of the last look. Undefined: nobody knows before the first one is over. */
  get names(): readonly string[] | undefined {
    if (this.#options.mode === 'off') return [];
    return this.#waiting && [...this.#waiting.values()].toSorted();
  }

  /** To be called after an attachment. */
  noteAttachment(): void {
    this.#attached.resolve();
  }

  /** Looks until the signal is aborted: only the leader does. */
  async lookUntil(signal: AbortSignal): Promise<void> {
    if (this.#options.mode === 'off') return;
    try {
      for (let undecided = 0; ;) {
        this.#attached = Promise.withResolvers();
        undecided = (await this.#look(signal)) ? undecided + 1 : 0;
        const waitMs = undecided === 0 ? seldomMs : pauseMs(undecidedPace, undecided, this.#parts.random());
        await this.#attachmentOrTime(waitMs, signal);
        await sleep(this.#parts.clock, soonMs, signal);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      // Others may find something else before this process leads again.
      this.#waiting = undefined;
    }
  }

  async #attachmentOrTime(waitMs: number, signal: AbortSignal): Promise<void> {
    const cancel = this.#parts.clock.schedule(waitMs, () => this.#attached.resolve());
    try {
      await abandonOnAbort(this.#attached.promise, signal);
    } finally {
      cancel();
    }
  }

  /** Whether one is to be looked at again soon. What fails is tried again at the next look. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const wanted = this.#parts.wanted.inNamespaces();
    if (wanted === undefined) return true;
    try {
      const { waiting, undecided } = await this.#find(wanted, signal);
      this.#tell(waiting);
      const worthIt = [...waiting].filter(([pod, { cause }]) => isWorthRestarting(pod, cause));
      const lacking = { waiting: worthIt.map(([pod]) => pod), undecided };
      const isChanged = this.#options.mode === 'restart' && (await this.#restarts.restart(lacking, signal));
      return undecided.length > 0 || isChanged;
    } catch (thrown) {
      if (signal.aborted || !(thrown instanceof Failure)) throw thrown;
      this.#parts.logger.warn(describeFailure(thrown), 'could not look after Pods that wait for an image');
      return false;
    }
  }

  async #find(wanted: Wanted, signal: AbortSignal) {
    const waiting = new Map<ObservedPod, Waiting>();
    const accountsOf = this.#accounts(wanted);
    const hosts = new Set(wanted.logins.flatMap(({ domains }) => domains));
    const undecided: ObservedPod[] = [];
    for await (const pod of this.#pendingPods(signal)) {
      const account = accountsOf(pod.namespace).get(pod.serviceAccount);
      if (account === undefined) continue;
      const verdict = judgePod(pod, { account, secretName: wanted.secretName, hosts });
      if (verdict.kind === 'waiting') waiting.set(pod, verdict);
      if (verdict.kind === 'undecided') undecided.push(pod);
    }
    return { waiting, undecided };
  }

  async *#pendingPods(signal: AbortSignal): AsyncIterable<ObservedPod> {
    for (const namespace of this.#options.onlyNamespaces ?? [undefined]) {
      const target = { resource: pods, ...(namespace === undefined ? {} : { namespace }) };
      // A container that has not started yet keeps its Pod in this phase, whatever the others do.
      const selectors = { fieldSelector: 'status.phase=Pending' };
      const list = { target, selectors, resourceVersion: '0', signal };
      for await (const page of listPages(this.#parts.connection, list)) {
        yield* (page.items ?? []).flatMap((item) => observedPod(item as RawPod) ?? []);
      }
    }
  }

  /** The accounts in scope, by name; each namespace is looked at once. */
  #accounts({ scope }: Wanted): (namespace: string) => ReadonlyMap<string, ObservedServiceAccount> {
    const known = new Map<string, ReadonlyMap<string, ObservedServiceAccount>>();
    return (name) => {
      const found = known.get(name);
      if (found !== undefined) return found;
      const namespace = this.#parts.view.namespace(name);
      const isServed = namespace !== undefined && isNamespaceInScope(scope, namespace);
      const inScope = isServed
        ? namespace.serviceAccounts.filter((account) => isServiceAccountInScope(scope, account))
        : [];
      const accounts = new Map(inScope.map((account) => [account.name, account]));
      known.set(name, accounts);
      return accounts;
    };
  }

  #tell(waiting: ReadonlyMap<ObservedPod, Waiting>): void {
    const { logger, events, onChange } = this.#parts;
    const before = this.#waiting;
    const names = [...waiting.keys()].map(
      ({ uid, namespace, name }) => [uid, `${namespace}/${name}`] as const,
    );
    this.#waiting = new Map(names);
    const isRestarting = this.#options.mode === 'restart';
    events.recordAll([...waiting].map(([pod, verdict]) => podCannotPull(pod, verdict, isRestarting)));
    for (const [pod, verdict] of waiting) {
      if (before?.has(pod.uid) === true) continue;
      const { namespace, name, serviceAccount, origin } = pod;
      const { cause, images } = verdict;
      logger.warn({ namespace, pod: name, serviceAccount, origin, cause, images }, 'a Pod can never pull');
    }
    if (before?.size !== waiting.size || names.some(([uid]) => !before.has(uid))) onChange();
  }
}
