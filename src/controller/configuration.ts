import type { Logger } from 'pino';
import { admissionNotice, type AdmissionMode } from '../pull-secrets/admission-mode.ts';
import type { ScopeChange } from '../pull-secrets/brake.ts';
import { keepLastGood } from '../settings/keep-last-good.ts';
import { describeProblem } from '../settings/problem.ts';
import { readSettings } from '../settings/read-settings.ts';
import { itemsOf, type Selection } from '../settings/selection.ts';
import type { Scope, Settings } from '../settings/settings.ts';
import { shortList } from './short-list.ts';

/** What people should see beside the ConfigMap, as long as it is as it is. */
export interface Remark {
  /** `refused`: nothing of it can be used. `waiting`: a part of it waits for a confirmation. */
  readonly kind: 'problem' | 'notice' | 'refused' | 'waiting';
  readonly text: string;
}

/** Why a change of scope has to be confirmed first, and how; undefined where it may take place. */
export type ScopeJudge = (change: ScopeChange) => string | undefined;

/** Holds the settings in force; says in the log what of the ConfigMap could not be used, and what to write. */
export class Configuration {
  readonly #logger: Logger;
  readonly #admission: AdmissionMode;
  #inForce: Settings | undefined;
  /** Where the settings of before a restart are lost: the scope that was in force, as far as it can be told. */
  #scopeBefore: Scope | undefined;
  /** The scope that is wanted, while it waits for a confirmation. */
  #waiting: Scope | undefined;
  #remarks: readonly Remark[] = [];

  constructor(logger: Logger, admission: AdmissionMode = 'as-configured') {
    this.#logger = logger;
    this.#admission = admission;
  }

  /** Undefined until there was a ConfigMap that could be used. While a scope waits, this has the one before it. */
  get settings(): Settings | undefined {
    return this.#inForce;
  }

  get waitingScope(): Scope | undefined {
    return this.#waiting;
  }

  /** On the ConfigMap as it was last read. */
  get remarks(): readonly Remark[] {
    return this.#remarks;
  }

  /** What was in force before a restart. It stays so until the ConfigMap says otherwise. */
  restore(settings: Settings): void {
    this.#inForce = settings;
    this.#waiting = undefined;
  }

  /**
   * Where there are no settings to restore: what a first configuration is judged against. Until there is one,
   * nothing is served and nothing is taken away; a blank ConfigMap is none, whose defaults nobody has asked for.
   */
  restoreScope(scope: Scope | undefined): void {
    this.#scopeBefore = scope;
  }

  /** `data` as in the ConfigMap; undefined where there is none, which changes nothing. */
  read(data: Readonly<Record<string, string>> | undefined, judge: ScopeJudge = () => undefined): void {
    this.#remarks = [];
    if (data === undefined) {
      this.#logger.warn(`there is no ConfigMap with the configuration: ${this.#whatStays()}`);
      return;
    }
    const reading = readSettings(data);
    for (const problem of reading.problems) this.#remark('problem', describeProblem(problem));
    if (reading.kind === 'refused') {
      const text = `the configuration cannot be used: ${this.#whatStays()}`;
      this.#logger.error(text);
      this.#remarks = [...this.#remarks, { kind: 'refused', text }];
      return;
    }
    for (const notice of reading.notices) this.#remark('notice', notice);
    const aboutAdmission = admissionNotice(this.#admission, reading.settings.webhook);
    if (aboutAdmission !== undefined) this.#remark('notice', aboutAdmission);
    if (reading.isBlank && this.#scopeInForce !== undefined) {
      this.#remark('notice', `the ConfigMap is empty: ${this.#whatStays()}`);
      return;
    }
    const wanted = keepLastGood(reading, this.#inForce);
    if (wanted !== undefined) this.#follow(wanted, judge);
    this.#logger.info(summary(this.#inForce), 'configuration in force');
  }

  #follow(wanted: Settings, judge: ScopeJudge): void {
    const from = this.#scopeInForce;
    const why = from === undefined ? undefined : judge({ from, to: wanted.scope });
    if (from === undefined || why === undefined) {
      this.#inForce = wanted;
      this.#waiting = undefined;
    } else {
      this.#inForce = { ...wanted, scope: from };
      this.#waiting = wanted.scope;
      this.#remark('waiting', why);
    }
  }

  get #scopeInForce(): Scope | undefined {
    return this.#inForce?.scope ?? this.#scopeBefore;
  }

  #remark(kind: 'problem' | 'notice' | 'waiting', text: string): void {
    this.#logger[kind === 'notice' ? 'warn' : 'error'](`configuration: ${text}`);
    this.#remarks = [...this.#remarks, { kind, text }];
  }

  #whatStays(): string {
    if (this.#inForce !== undefined) return 'the last good one stays in force';
    return this.#scopeBefore === undefined
      ? 'nothing is served until there is one'
      : 'what was served before is left as it is, and not renewed, until there is one';
  }
}

function summary(settings: Settings | undefined): object {
  if (settings === undefined) return {};
  const { instances, scope, renewBeforeMs } = settings;
  return {
    instances: instances.map(({ key }) => key),
    namespaces: describe(scope.namespaces),
    serviceAccounts: describe(scope.serviceAccounts),
    renewBeforeMs,
  };
}

const itemsInLog = 10;

function describe(selection: Selection): string {
  return shortList(itemsOf(selection), itemsInLog);
}
