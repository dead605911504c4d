import type { LoginBook } from '../logins/login-book.ts';
import type { RegistryLogin } from '../logins/registry-login.ts';
import type { Wanted } from '../pull-secrets/namespace-plan.ts';
import { isNamespaceInScope } from '../pull-secrets/scope.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Configuration } from './configuration.ts';
import { urgentFromMs } from './renewal-round.ts';
import type { SettledLogins } from './settled-logins.ts';

export interface WantedPullSecretsParts {
  readonly configuration: Configuration;
  readonly book: LoginBook;
  readonly settled: SettledLogins;
  readonly view: ClusterView;
  readonly secretName: string;
  readonly adoptsMentions: boolean;
}

/** What the configuration and the logins in force ask for in namespaces, and by when. */
export class WantedPullSecrets {
  readonly #parts: WantedPullSecretsParts;

  constructor(parts: WantedPullSecretsParts) {
    this.#parts = parts;
  }

  /** Undefined while no configuration is in force, and while its first logins are about to come. */
  inNamespaces(): Wanted | undefined {
    const { configuration, book, secretName, adoptsMentions } = this.#parts;
    const { settings } = configuration;
    const logins = this.#logins();
    if (settings === undefined || logins === undefined) return undefined;
    const { scope, notifyEmail: email } = settings;
    return { scope, email, secretName, adoptsMentions, logins, expired: book.expired() };
  }

  /** Since when or from when on (ms since the epoch) it must not wait; never where it is not served. */
  urgentFromMs(name: string): number {
    const { configuration, view } = this.#parts;
    const { settings } = configuration;
    const namespace = view.scopedNamespace(name);
    const isServed = settings && namespace && isNamespaceInScope(settings.scope, namespace);
    if (!isServed) return Number.POSITIVE_INFINITY;
    return urgentFromMs(view.pullSecret(name), this.#logins() ?? [], settings.renewBeforeMs);
  }

  #logins(): readonly RegistryLogin[] | undefined {
    const { configuration, book, settled } = this.#parts;
    const { settings } = configuration;
    // In a moment there will be more logins, and one write for all of them will do.
    if (settings === undefined || !book.isSettled) return undefined;
    return settled.logins(book.logins(), settings);
  }
}
