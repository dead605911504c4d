import type { Logger } from 'pino';
import { keepLastGood } from '../settings/keep-last-good.ts';
import { describeProblem } from '../settings/problem.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { NameSelection, Settings } from '../settings/settings.ts';

/** Holds the settings in force; says in the log what of the ConfigMap could not be used, and what to write. */
export class Configuration {
  readonly #logger: Logger;
  #inForce: Settings | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Undefined until there was a ConfigMap that could be used. */
  get settings(): Settings | undefined {
    return this.#inForce;
  }

  /** `data` as in the ConfigMap; undefined where there is none, which changes nothing. */
  read(data: Readonly<Record<string, string>> | undefined): void {
    if (data === undefined) {
      this.#logger.warn(`there is no ConfigMap with the configuration: ${this.#whatStays()}`);
      return;
    }
    const reading = readSettings(data);
    for (const problem of reading.problems) this.#logger.error(`configuration: ${describeProblem(problem)}`);
    if (reading.kind === 'refused') {
      this.#logger.error(`the configuration cannot be used: ${this.#whatStays()}`);
      return;
    }
    for (const notice of reading.notices) this.#logger.warn(`configuration: ${notice}`);
    this.#inForce = keepLastGood(reading, this.#inForce);
    this.#logger.info(summary(this.#inForce), 'configuration in force');
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

const namesInLog = 10;

function describe(selection: NameSelection): string {
  if (selection.kind === 'all') return 'all';
  const names = [...selection.names];
  const rest = names.length - namesInLog;
  return names.slice(0, namesInLog).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
