import type { Logger } from 'pino';
import type { Connection } from '../kubernetes/connection.ts';
import { LeaseElection } from '../kubernetes/lease-election.ts';
import { fencedConnection } from '../kubernetes/write-fence.ts';
import { EventRecorder } from '../kubernetes/event-recorder.ts';
import { LoginBook, type LoginBookParts } from '../logins/login-book.ts';
import type { BrakeLimits, ScopeChange } from '../pull-secrets/brake.ts';
import type { ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import type { ScopedNamespace, ScopedObject } from '../pull-secrets/scope.ts';
import { noticeOnPods, type AdmissionMode } from '../pull-secrets/admission-mode.ts';
import type { WebhookRegistration } from '../pull-secrets/webhook-registration.ts';
import { servedScope } from '../pull-secrets/served-scope.ts';
import type { Clock } from '../runtime/clock.ts';
import { runTogether } from '../runtime/run-together.ts';
import { ClusterView } from './cluster-view.ts';
import { ConfigurationEvents } from './configuration-events.ts';
import { Configuration } from './configuration.ts';
import { distribute } from './distribution.ts';
import type { ConfigurationObject } from './events.ts';
import { Outage } from './outage.ts';
import { RenewalRound } from './renewal-round.ts';
import { RepeatedWrites } from './repeated-writes.ts';
import { SavedState, type FoundState } from './saved-state.ts';
import { confirmationNeeded } from './scope-confirmation.ts';
import { SettledLogins } from './settled-logins.ts';
import { WaitingPods, type WaitingPodsMode } from './waiting-pods.ts';
import { WantedPullSecrets } from './wanted-pull-secrets.ts';
import { WorkQueue } from './work-queue.ts';
import { WriteBudget } from './write-budget.ts';

export interface ControllerParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly mint: LoginBookParts['mint'];
  readonly podRole?: LoginBookParts['podRole'];
  /** Unique to this process: the Lease's holder. */
  readonly identity: string;
  /** What else the leader does, over its own connection, until the signal is aborted. */
  readonly alsoLead?: (connection: Connection, leading: AbortSignal) => Promise<void>;
}

export interface ControllerOptions {
  readonly namespace: string;
  readonly configMapName: string;
  readonly secretName: string;
  readonly leaseName: string;
  /** Whether the pull secret's name on accounts where we have not been yet is taken for ours (docs/adr/0005). */
  readonly adoptAttachments: boolean;
  /** Undefined: all of them. */
  readonly onlyNamespaces?: readonly string[] | undefined;
  /** Writes per second for what is routine. */
  readonly writeBudget: number;
  /** Which changes of scope have to be confirmed. */
  readonly brake: BrakeLimits;
  readonly waitingPods: WaitingPodsMode;
  readonly admission: AdmissionMode;
}

/** The loop. Every replica watches, so that any of them can lead at once; only the leader mints and writes. */
export class Controller {
  readonly #parts: ControllerParts;
  readonly #options: ControllerOptions;
  readonly #connection: Connection;
  readonly #view: ClusterView;
  readonly #configuration: Configuration;
  readonly #book: LoginBook;
  readonly #settled: SettledLogins;
  readonly #wanted: WantedPullSecrets;
  readonly #budget: WriteBudget;
  readonly #queue: WorkQueue;
  readonly #round: RenewalRound;
  readonly #events: EventRecorder;
  readonly #configurationEvents: ConfigurationEvents;
  readonly #election: LeaseElection;
  readonly #state: SavedState;
  readonly #waitingPods: WaitingPods;
  /** As this leader saw it. */
  #registration: WebhookRegistration | undefined;
  /** What was last told of Pods with pull secrets of their own. */
  #podsLeftOut: string | undefined;
  /** True from when a leader has taken up what the last one left. */
  #isActing = false;

  constructor(parts: ControllerParts, options: ControllerOptions) {
    this.#parts = parts;
    this.#options = options;
    const { namespace, leaseName: name } = options;
    this.#election = new LeaseElection(parts, { namespace, name, identity: parts.identity });
    // All that is written, but for the Lease itself, is written by the leader.
    this.#connection = fencedConnection(parts.connection, () => this.#election.ensureLeading());
    const writing = { ...parts, connection: this.#connection };
    this.#budget = new WriteBudget(parts.clock, options.writeBudget);
    this.#queue = new WorkQueue({ ...parts, routineWaitMs: () => this.#budget.waitMs() });
    this.#round = new RenewalRound({
      ...parts,
      queue: this.#queue,
      namespaces: () => this.#view.namespaceNames(),
      urgentFromMs: (namespace) => this.#wanted.urgentFromMs(namespace),
    });
    this.#events = new EventRecorder(writing);
    this.#configurationEvents = new ConfigurationEvents({
      ...parts,
      events: this.#events,
      about: () => this.#configurationObject(),
      lasting: () => ({ remarks: this.#configuration.remarks, troubles: this.#settled.troubles }),
    });
    this.#configuration = new Configuration(parts.logger, options.admission);
    this.#book = new LoginBook({
      ...parts,
      onChange: () => this.#addAll(),
      onInherit: (formerKey, key) => this.#settled.passOn(formerKey, key),
      onMint: () => this.#save(),
      onFailure: (instance, failure) => this.#noteMintFailure(instance, failure),
      onRecovery: (login) => this.#configurationEvents.recovered(login),
    });
    this.#settled = new SettledLogins({
      ...parts,
      onChange: () => this.#save(),
      onTrouble: (troubles) => this.#configurationEvents.troubles(troubles),
    });
    this.#view = new ClusterView(parts, {
      ...options,
      // Whoever takes up the lead looks at all of them.
      onNamespaceChange: (namespace) => {
        if (this.#isActing) this.#queue.add(namespace, 'urgent');
      },
      onConfigurationChange: () => {
        if (this.#isActing) this.#readConfiguration();
      },
    });
    this.#wanted = new WantedPullSecrets({
      configuration: this.#configuration,
      book: this.#book,
      settled: this.#settled,
      view: this.#view,
      secretName: options.secretName,
      adoptsMentions: options.adoptAttachments,
    });
    this.#state = new SavedState(writing, namespace);
    this.#waitingPods = new WaitingPods(
      {
        ...writing,
        events: this.#events,
        view: this.#view,
        wanted: this.#wanted,
        onChange: () => this.#save(),
      },
      { mode: options.waitingPods, onlyNamespaces: options.onlyNamespaces },
    );
  }

  /** What is missing until this replica could lead; empty: it is ready. */
  waitingFor(): string[] {
    return this.#view.waitingFor();
  }

  /** Undefined where the watch has shown none of that name. */
  scopedNamespace(name: string): ScopedNamespace | undefined {
    return this.#view.scopedNamespace(name);
  }

  /** Undefined where the watch has shown none of that name. */
  scopedAccount(namespace: string, name: string): ScopedObject | undefined {
    return this.#view.scopedAccount(namespace, name);
  }

  /** Of the leader, each time it has looked: whether the API server asks the webhook, and is to ask about Pods, too. */
  noteRegistration(registration: WebhookRegistration, isForPods: boolean): void {
    if (registration === 'missing' || registration === 'untrusted')
      this.#configurationEvents.webhookNotAsked(registration);
    if (isForPods) this.#notePodsLeftOut();
    if (registration === this.#registration) return;
    this.#registration = registration;
    this.#save();
  }

  #notePodsLeftOut(): void {
    const { settings } = this.#configuration;
    const text = settings && noticeOnPods(this.#options.admission, settings.webhook);
    if (text !== undefined) this.#configurationEvents.remarks([{ kind: 'notice', text }]);
    if (text !== undefined && text !== this.#podsLeftOut) this.#parts.logger.warn(text);
    this.#podsLeftOut = text;
  }

  /** Runs until the signal is aborted, then gives the lease back. */
  async run(signal: AbortSignal): Promise<void> {
    await runTogether(
      signal,
      (running) => this.#view.run(running),
      (running) => this.#campaign(running),
    );
  }

  async #campaign(signal: AbortSignal): Promise<void> {
    try {
      await this.#view.whenSynced(signal);
    } catch (thrown) {
      if (signal.aborted) return;
      throw thrown;
    }
    await this.#election.run(signal, (leading) => this.#lead(leading));
  }

  async #lead(leading: AbortSignal): Promise<void> {
    this.#events.recordUntil(leading);
    this.#takeUp(await this.#state.read(leading));
    this.#registration = undefined;
    this.#isActing = true;
    try {
      this.#save();
      this.#book.mintUntil(leading);
      await Promise.all([
        this.#state.writeUntil(leading),
        this.#configurationEvents.repeatUntil(leading),
        this.#distribute(leading),
        this.#waitingPods.lookUntil(leading),
        this.#parts.alsoLead?.(this.#connection, leading),
      ]);
    } finally {
      this.#isActing = false;
    }
  }

  /** What the last leader left was in force; what the ConfigMap says now comes on top of it. */
  #takeUp({ settings, scope, logins, holders }: FoundState): void {
    this.#settled.restore(holders);
    if (settings === undefined) {
      this.#configuration.restoreScope(scope ?? servedScope(this.#cluster(), this.#options.secretName));
      this.#readConfiguration();
      this.#book.restore(logins);
    } else {
      this.#configuration.restore(settings);
      this.#book.follow(settings.instances, settings.renewBeforeMs);
      this.#book.restore(logins);
      this.#readConfiguration();
    }
  }

  async #distribute(leading: AbortSignal): Promise<void> {
    this.#addAll();
    const connection = this.#connection;
    const { logger } = this.#parts;
    const { secretName } = this.#options;
    const wanted = this.#wanted;
    const outage = new Outage(this.#parts);
    const repeated = new RepeatedWrites(this.#parts);
    const loop = {
      view: this.#view,
      queue: this.#queue,
      budget: this.#budget,
      events: this.#events,
      outage,
      repeated,
      onAttach: () => this.#waitingPods.noteAttachment(),
    };
    try {
      await distribute({ connection, logger, secretName, wanted, ...loop }, leading);
    } finally {
      this.#round.end();
    }
  }

  #readConfiguration(): void {
    const observed = this.#view.configuration();
    this.#configuration.read(observed?.data, (change) =>
      this.#confirmationNeeded(change, observed?.confirmation),
    );
    this.#configurationEvents.remarks(this.#configuration.remarks);
    const { settings } = this.#configuration;
    if (settings === undefined) return;
    this.#book.follow(settings.instances, settings.renewBeforeMs);
    this.#save();
    this.#addAll();
  }

  #confirmationNeeded(change: ScopeChange, confirmation: string | undefined): string | undefined {
    const { namespace, configMapName: name, brake: limits } = this.#options;
    const cluster = this.#cluster();
    return confirmationNeeded({ change, cluster, limits, confirmation, configMap: { namespace, name } });
  }

  #cluster(): readonly ObservedNamespace[] {
    return this.#view.namespaceNames().flatMap((each) => this.#view.namespace(each) ?? []);
  }

  #save(): void {
    const { settings, waitingScope } = this.#configuration;
    if (settings === undefined) return;
    const { holders } = this.#settled;
    const waitingPods = this.#waitingPods.names;
    const told = { waitingPods, admission: this.#options.admission, registration: this.#registration };
    this.#state.keep({ logins: this.#book.saved(), holders, settings, waitingScope, ...told });
  }

  #noteMintFailure(instance: string, failure: unknown): void {
    this.#configurationEvents.mintFailed(instance, failure);
    if (this.#book.expired().has(instance)) this.#configurationEvents.expired(instance);
  }

  #configurationObject(): ConfigurationObject | undefined {
    const { namespace, configMapName: name } = this.#options;
    const observed = this.#view.configuration();
    return observed && { namespace, name, uid: observed.uid };
  }

  #addAll(): void {
    if (this.#isActing) this.#round.begin();
  }
}
