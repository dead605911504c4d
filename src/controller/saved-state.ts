import type { Logger } from 'pino';
import { configMaps, secrets } from '../kubernetes/resource.ts';
import { loadLogins, saveLogins, type SavedLogin } from '../logins/saved-logins.ts';
import { admissionTold, type AdmissionMode } from '../pull-secrets/admission-mode.ts';
import { compiledScope, compiledScopeName, fitsInAnnotations } from '../pull-secrets/compiled-scope.ts';
import {
  publishedScope,
  readPublishedRegistration,
  readPublishedScope,
  scopeName,
} from '../pull-secrets/published-scope.ts';
import { loadHolders, saveHolders } from '../pull-secrets/saved-holders.ts';
import { noHolders, type HostHolders } from '../pull-secrets/settle-logins.ts';
import type { WebhookRegistration } from '../pull-secrets/webhook-registration.ts';
import { loadSettings, saveSettings } from '../settings/saved-settings.ts';
import type { Scope, Settings } from '../settings/settings.ts';
import { KeptObject, type KeptObjectParts, type ObjectData } from './kept-object.ts';
import { shortList } from './short-list.ts';

/** In the add-on's own namespace, so that no tenant can write it. */
export const stateSecretName = 'acr-credential-helper-state';
/** Of the ConfigMap. */
const podsKey = 'waiting-pods';
/** Of the Secret's content; what has none is of the first. */
const stateVersion = '1';

/** What a leader leaves to the next one, over a restart or a failover. */
export interface State {
  readonly logins: readonly SavedLogin[];
  /** Which instance has which host, where several claim it (docs/adr/0007). */
  readonly holders: HostHolders;
  readonly settings: Settings;
  /** While it waits for a confirmation; only told, since the ConfigMap is judged again by whoever reads it. */
  readonly waitingScope: Scope | undefined;
  /** Pods that can never pull; only told. Undefined: not looked for yet, so those that were found stay. */
  readonly waitingPods: readonly string[] | undefined;
  /** Only told. */
  readonly admission: AdmissionMode;
  /** Only told. Undefined: not looked for yet, so what was found stays. */
  readonly registration: WebhookRegistration | undefined;
}

export interface FoundState extends Pick<State, 'logins' | 'holders'> {
  /** Undefined where there have never been any, or where they cannot be read. */
  readonly settings: Settings | undefined;
  /** As published, which may be there when the settings are lost. */
  readonly scope: Scope | undefined;
}

/**
 * The add-on's memory: one Secret, since logins and settings may hold tokens and keys; the scope in a
 * ConfigMap beside it, for people to look at, and to measure a change of scope by where the Secret is lost; and the
 * same scope compiled for the admission policy.
 */
export class SavedState {
  readonly #logger: Logger;
  readonly #secret: KeptObject;
  readonly #scope: KeptObject;
  readonly #compiled: KeptObject;
  /** As the last leader told of them. */
  #foundPods: ObjectData = {};
  #foundRegistration: WebhookRegistration | undefined;
  #isTooLong = false;

  constructor(parts: KeptObjectParts, namespace: string) {
    this.#logger = parts.logger;
    this.#secret = new KeptObject(parts, { resource: secrets, namespace, name: stateSecretName });
    this.#scope = new KeptObject(parts, { resource: configMaps, namespace, name: scopeName });
    const compiled = { resource: secrets, namespace, name: compiledScopeName };
    this.#compiled = new KeptObject(parts, compiled, 'annotations');
  }

  /** Rejects only with the signal's reason: what is missing or unreadable is as if it had never been saved. */
  async read(signal: AbortSignal): Promise<FoundState> {
    const [found, published] = await Promise.all([
      this.#secret.read(signal),
      this.#scope.read(signal),
      this.#compiled.read(signal),
    ]);
    const data = this.#ofKnownVersion(found);
    const waitingPods = published?.[podsKey];
    this.#foundPods = waitingPods === undefined ? {} : { [podsKey]: waitingPods };
    this.#foundRegistration = readPublishedRegistration(published);
    return {
      logins: this.#load(data['logins'], 'logins', loadLogins) ?? [],
      holders: this.#load(data['hosts'], 'hosts', loadHolders) ?? noHolders,
      settings: this.#load(data['settings'], 'settings', loadSettings),
      scope: readPublishedScope(published),
    };
  }

  /** Returns at once; `writeUntil` writes it. */
  keep({ logins, holders, settings, waitingScope, waitingPods, ...told }: State): void {
    const { admission, registration = this.#foundRegistration } = told;
    this.#secret.keep({
      version: encoded(stateVersion),
      logins: encoded(saveLogins(logins)),
      hosts: encoded(saveHolders(holders)),
      settings: encoded(saveSettings(settings)),
    });
    const isTooLongForPolicy = this.#keepCompiled(settings, admission);
    this.#scope.keep({
      ...publishedScope({ ...settings, admission, registration, isTooLongForPolicy }, waitingScope),
      ...(waitingPods === undefined ? this.#foundPods : publishedPods(waitingPods)),
    });
  }

  /**
   * None for one that is too long, since by the one before it the policy would attach what has left the scope. Gives
   * whether a policy misses it.
   */
  #keepCompiled({ scope, webhook }: Settings, admission: AdmissionMode): boolean {
    const compiled = compiledScope(scope);
    const fits = fitsInAnnotations(compiled);
    const isMissed = !fits && admissionTold(admission, webhook).includes('policy');
    if (isMissed && !this.#isTooLong) {
      this.#logger.warn(
        'the scope is too long for the admission policy (256 KiB), which attaches nothing until it is shorter: use patterns or labels instead of names; the controller attaches meanwhile',
      );
    }
    this.#isTooLong = isMissed;
    this.#compiled.keep(fits ? compiled : {});
    return isMissed;
  }

  /** Writes until the signal is aborted: only the leader does, after `read`. */
  async writeUntil(signal: AbortSignal): Promise<void> {
    const kept = [this.#secret, this.#scope, this.#compiled];
    await Promise.all(kept.map((each) => each.writeUntil(signal)));
  }

  #ofKnownVersion(data: ObjectData = {}): ObjectData {
    const version = decoded(data['version'] ?? encoded(stateVersion));
    if (version === stateVersion) return data;
    this.#logger.warn(
      `the Secret ${stateSecretName} is of version ${version}, this add-on knows ${stateVersion}: it is left out`,
    );
    return {};
  }

  #load<T>(base64: string | undefined, what: string, load: (text: string) => T | undefined): T | undefined {
    if (base64 === undefined) return undefined;
    const loaded = load(decoded(base64));
    if (loaded === undefined) {
      this.#logger.warn(`the ${what} in the Secret ${stateSecretName} cannot be read, and are left out`);
    }
    return loaded;
  }
}

/** Enough to begin with; the log names all of them. */
const podsInStatus = 50;

function publishedPods(waiting: readonly string[]): ObjectData {
  return waiting.length === 0 ? {} : { [podsKey]: shortList(waiting, podsInStatus) };
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
