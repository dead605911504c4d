import type { Logger } from 'pino';
import { keepLastGood } from '../settings/keep-last-good.ts';
import { describeProblem } from '../settings/problem.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Settings } from '../settings/settings.ts';

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
      const state =
        this.#inForce === undefined ? 'nothing is served until there is one' : 'the last good one stays';
      this.#logger.warn(`the configuration's ConfigMap does not exist: ${state}`);
      return;
    }
    const reading = readSettings(data);
    for (const problem of reading.problems)
      this.#logger.error({ problem: describeProblem(problem) }, 'configuration');
    if (reading.kind === 'read') {
      for (const notice of reading.notices) this.#logger.warn({ notice }, 'configuration');
    }
    this.#inForce = keepLastGood(reading, this.#inForce);
    this.#logger.info(summary(this.#inForce), 'configuration in force');
  }
}

function summary(settings: Settings | undefined): object {
  if (settings === undefined) return { instances: [] };
  const { instances, scope, renewBeforeMs } = settings;
  return {
    instances: instances.map(({ key }) => key),
    namespaces: names(scope.namespaces),
    serviceAccounts: names(scope.serviceAccounts),
    renewBeforeMs,
  };
}

function names(selection: Settings['scope']['namespaces']): string | string[] {
  return selection.kind === 'all' ? 'all' : [...selection.names];
}
