import type { RegistryLogin } from '../logins/registry-login.ts';
import type { Labels } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';
import { isAttached, type ObservedServiceAccount } from './attachment.ts';
import {
  desiredSecret,
  isOurs,
  isUpToDate,
  mentionedBy,
  whyFixed,
  type DesiredSecret,
  type ObservedSecret,
} from './desired-secret.ts';
import { isNamespaceInScope, isServiceAccountInScope } from './scope.ts';

/** A namespace and what is in it that matters here. */
export interface ObservedNamespace {
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly isTerminating: boolean;
  readonly isOptedOut: boolean;
  readonly serviceAccounts: readonly ObservedServiceAccount[];
  /** The Secret with the pull secret's name. */
  readonly secret: ObservedSecret | undefined;
  /** The record in our Secret as it was last seen, also when somebody has deleted the Secret since. */
  readonly recordedMentions: ReadonlySet<string> | undefined;
}

export interface Wanted {
  readonly scope: Scope;
  readonly secretName: string;
  readonly logins: readonly RegistryLogin[];
  readonly email: string;
  /** Whoever carries the name was attached by an add-on before this one (docs/adr/0005); left out: no. */
  readonly adoptsMentions?: boolean;
  /** Keys of the instances whose login is over; left out: of none. */
  readonly expired?: ReadonlySet<string>;
}

export type Action =
  | { readonly kind: 'attach'; readonly account: ObservedServiceAccount }
  | { readonly kind: 'detach'; readonly account: ObservedServiceAccount }
  | { readonly kind: 'apply-secret'; readonly desired: DesiredSecret }
  /** What is there cannot be changed: it is deleted, and made anew at once. */
  | {
      readonly kind: 'replace-secret';
      readonly secret: ObservedSecret;
      readonly desired: DesiredSecret;
      readonly why: string;
    }
  | { readonly kind: 'delete-secret'; readonly secret: ObservedSecret };

/**
 * What is left to do in a namespace, in this order; nothing where all is as it should be. The Secret comes
 * before the attachments, since it holds the record of who mentioned the name before us, and because a virtual
 * node may look for the Secret only once, when a Pod is created.
 */
export function planNamespace(observed: ObservedNamespace, wanted: Wanted): readonly Action[] {
  if (observed.isTerminating) return [];
  const { secret, recordedMentions, serviceAccounts } = observed;
  const isInScope = isNamespaceInScope(wanted.scope, observed);
  const isServed = recordedMentions !== undefined || (secret !== undefined && (isInScope || isOurs(secret)));
  const mentions = mentionsOf(observed, wanted);
  const accounts = serviceAccounts.flatMap((account): Action[] => {
    const isWanted = isInScope && isServiceAccountInScope(wanted.scope, account);
    if (isAttached(account, wanted.secretName) === isWanted) return [];
    if (isWanted) return [{ kind: 'attach', account }];
    const isOwn = account.isMarked === true || (isServed && !mentions.has(account.name));
    return isOwn ? [{ kind: 'detach', account }] : [];
  });
  return isInScope
    ? [...writeAction(secret, wanted, mentions), ...accounts]
    : [...accounts, ...deleteAction(secret)];
}

/**
 * The accounts that carry the name on their own (docs/adr/0005): those on record, or all that carry it where
 * we have never been; not those that admission marked (docs/adr/0011). What another owner of the Secret attached,
 * such as the official add-on, is taken over.
 */
function mentionsOf(
  observed: ObservedNamespace,
  { secretName, adoptsMentions = false }: Wanted,
): ReadonlySet<string> {
  if (adoptsMentions) return new Set();
  const { secret, serviceAccounts } = observed;
  const carrying = serviceAccounts
    .filter((one) => isAttached(one, secretName) && one.isMarked !== true)
    .map(({ name }) => name);
  if (secret === undefined) return only(carrying, observed.recordedMentions);
  return isOurs(secret) ? only(carrying, mentionedBy(secret)) : new Set();
}

/** A mention that its user has removed is none any more. */
function only(carrying: readonly string[], recorded: ReadonlySet<string> | undefined): ReadonlySet<string> {
  return new Set(carrying.filter((name) => recorded?.has(name) ?? true));
}

function writeAction(
  secret: ObservedSecret | undefined,
  { logins, email, expired }: Wanted,
  mentions: ReadonlySet<string>,
): Action[] {
  // Whatever is there is better than nothing.
  if (logins.length === 0 && secret !== undefined) return [];
  const desired = desiredSecret(logins, email, mentions, expired);
  if (secret === undefined) return [{ kind: 'apply-secret', desired }];
  if (isUpToDate(secret, desired)) return [];
  const why = whyFixed(secret);
  return [
    why === undefined ? { kind: 'apply-secret', desired } : { kind: 'replace-secret', secret, desired, why },
  ];
}

function deleteAction(secret: ObservedSecret | undefined): Action[] {
  return secret !== undefined && isOurs(secret) ? [{ kind: 'delete-secret', secret }] : [];
}
