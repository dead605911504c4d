import {
  instancesIn,
  isOurs,
  secretType,
  whyFixed,
  type ObservedSecret,
} from '../pull-secrets/desired-secret.ts';
import { planNamespace, type ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import { isNamespaceInScope } from '../pull-secrets/scope.ts';
import type { Settings } from '../settings/settings.ts';
import type { SettingsChange } from './settings-change.ts';

/** What would be done to a namespace's pull secret, as far as this can be told without a login. */
export type SecretForecast =
  | { readonly kind: 'create' }
  | ({ readonly kind: 'fill' } & FillReasons)
  | { readonly kind: 'remove' }
  | { readonly kind: 'stay' };

/** Why a pull secret that is there would be written; at least one of them holds. */
export interface FillReasons {
  /** Keys of instances. */
  readonly added: readonly string[];
  readonly dropped: readonly string[];
  /** Their entries have changed, so their logins are minted anew. */
  readonly changed: readonly string[];
  readonly isEmailChanged: boolean;
  /** The Secret is the official add-on's, or a user's. */
  readonly isTakenOver: boolean;
  /** Why it would be deleted and made anew instead of written. */
  readonly whyReplaced: string | undefined;
}

export interface NamespaceForecast {
  readonly namespace: string;
  readonly pullSecret: SecretForecast;
  /** Names of service accounts. */
  readonly attach: readonly string[];
  readonly detach: readonly string[];
}

export interface Forecast {
  /** Those to which something would be done, in the order of the cluster's. */
  readonly namespaces: readonly NamespaceForecast[];
  readonly totals: Totals;
}

export interface Totals {
  readonly namespaces: number;
  readonly served: number;
  readonly changing: number;
  readonly instances: number;
  readonly pullSecrets: { readonly create: number; readonly fill: number; readonly remove: number };
  readonly attachments: { readonly add: number; readonly remove: number };
}

export interface Wish {
  readonly settings: Settings;
  readonly secretName: string;
  /** As in `Wanted`. */
  readonly adoptsMentions?: boolean;
  readonly change: SettingsChange;
}

/**
 * What the controller would do with these settings. It decides as the controller does before its first login:
 * which Secrets are missing or too many, and the attachments. Which of the others would be written is told from
 * whose logins they say they hold. Not told: renewals, which come anyway, a Secret whose content somebody has
 * edited, and that an instance may get none of its hosts (docs/adr/0007), which only its login can show.
 */
export function forecast(cluster: readonly ObservedNamespace[], wish: Wish): Forecast {
  const living = cluster.filter(({ isTerminating }) => !isTerminating);
  const all = living.map((observed) => forecastNamespace(observed, wish));
  const namespaces = all.filter(isChange);
  const secrets = (kind: SecretForecast['kind']) =>
    namespaces.filter(({ pullSecret }) => pullSecret.kind === kind).length;
  return {
    namespaces,
    totals: {
      namespaces: living.length,
      served: living.filter((observed) => isNamespaceInScope(wish.settings.scope, observed)).length,
      changing: namespaces.length,
      instances: wish.settings.instances.length,
      pullSecrets: { create: secrets('create'), fill: secrets('fill'), remove: secrets('remove') },
      attachments: {
        add: namespaces.reduce((sum, { attach }) => sum + attach.length, 0),
        remove: namespaces.reduce((sum, { detach }) => sum + detach.length, 0),
      },
    },
  };
}

function isChange({ pullSecret, attach, detach }: NamespaceForecast): boolean {
  return pullSecret.kind !== 'stay' || attach.length > 0 || detach.length > 0;
}

function forecastNamespace(observed: ObservedNamespace, wish: Wish): NamespaceForecast {
  const { settings, secretName, adoptsMentions = false } = wish;
  const { scope, notifyEmail: email } = settings;
  const attach: string[] = [];
  const detach: string[] = [];
  let pullSecret = forecastFill(observed, wish);
  for (const action of planNamespace(observed, { scope, secretName, adoptsMentions, email, logins: [] })) {
    switch (action.kind) {
      case 'attach':
        attach.push(action.account.name);
        break;
      case 'detach':
        detach.push(action.account.name);
        break;
      case 'apply-secret':
      case 'replace-secret':
        pullSecret = { kind: 'create' };
        break;
      case 'delete-secret':
        pullSecret = { kind: 'remove' };
        break;
    }
  }
  return { namespace: observed.name, pullSecret, attach, detach };
}

function forecastFill(observed: ObservedNamespace, { settings, change }: Wish): SecretForecast {
  const { secret } = observed;
  if (secret === undefined || !isNamespaceInScope(settings.scope, observed)) return { kind: 'stay' };
  const reasons = fillReasons(secret, settings, change);
  const isFilled =
    secret.type !== secretType ||
    reasons.isTakenOver ||
    reasons.isEmailChanged ||
    [reasons.added, reasons.dropped, reasons.changed].some(({ length }) => length > 0);
  return isFilled ? { kind: 'fill', ...reasons } : { kind: 'stay' };
}

function fillReasons(secret: ObservedSecret, { instances }: Settings, change: SettingsChange): FillReasons {
  const wanted = new Set(instances.map(({ key }) => key));
  const held = new Set(instancesIn(secret));
  return {
    added: [...wanted].filter((key) => !held.has(key)),
    dropped: change.mayKeepMore ? [] : [...held].filter((key) => !wanted.has(key)),
    changed: change.instances.filter((key) => held.has(key)),
    isEmailChanged: change.isEmailChanged && held.size > 0,
    isTakenOver: !isOurs(secret),
    whyReplaced: whyFixed(secret),
  };
}
