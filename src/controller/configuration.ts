import type { Logger } from 'pino';
import { keepLastGood } from '../settings/keep-last-good.ts';
import { describeProblem } from '../settings/problem.ts';
import { readSettings } from '../settings/read-settings.ts';
import { itemsOf, type Selection } from '../settings/selection.ts';
import type { Settings } from '../settings/settings.ts';

/** What people should see beside the ConfigMap, as long as it is as it is. */
export interface Remark {
  /** `refused`: nothing of it can be used. */
  readonly kind: 'problem' | 'notice' | 'refused';
  readonly text: string;
}

/** Holds the settings in force; says in the log what of the ConfigMap could not be used, and what to write. */
export class Configuration {
  readonly #logger: Logger;
  #inForce: Settings | undefined;
  #remarks: readonly Remark[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Undefined until there was a ConfigMap that could be used. */
  get settings(): Settings | undefined {
    return this.#inForce;
  }

  /** On the ConfigMap as it was last read. */
  get remarks(): readonly Remark[] {
    return this.#remarks;
  }

  /** The settings that were in force before a restart. They stay so until the ConfigMap says otherwise. */
  restore(settings: Settings): void {
    this.#inForce = settings;
  }

  /** `data` as in the ConfigMap; undefined where there is none, which changes nothing. */
  read(data: Readonly<Record<string, string>> | undefined): void {
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
    if (reading.isBlank && this.#inForce !== undefined) {
      this.#remark('notice', `the ConfigMap is empty: ${this.#whatStays()}`);
    }
    this.#inForce = keepLastGood(reading, this.#inForce);
    this.#logger.info(summary(this.#inForce), 'configuration in force');
  }

  #remark(kind: 'problem' | 'notice', text: string): void {
    this.#logger[kind === 'problem' ? 'error' : 'warn'](`configuration: ${text}`);
    this.#remarks = [...this.#remarks, { kind, text }];
  }

  #whatStays(): string {
    return this.#inForce === undefined
      ? 'nothing is served until there is one'
      : 'the last good one stays in force';
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
  const items = itemsOf(selection);
  const rest = items.length - itemsInLog;
  return items.slice(0, itemsInLog).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
