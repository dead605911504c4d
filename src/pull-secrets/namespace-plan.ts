import type { RegistryLogin } from '../logins/registry-login.ts';
import type { Scope } from '../settings/settings.ts';
import { isAttached, type ObservedServiceAccount } from './attachment.ts';
import {
  desiredSecret,
  isOurs,
  isUpToDate,
  mentionedBy,
  type DesiredSecret,
  type ObservedSecret,
} from './desired-secret.ts';
import { isNamespaceInScope, isServiceAccountInScope } from './scope.ts';

/** A namespace and what is in it that matters here. */
export interface ObservedNamespace {
  readonly name: string;
  readonly isTerminating: boolean;
  readonly serviceAccounts: readonly ObservedServiceAccount[];
  /** The Secret with the pull secret's name. */
  readonly secret: ObservedSecret | undefined;
}

export interface Wanted {
  readonly scope: Scope;
  readonly secretName: string;
  readonly logins: readonly RegistryLogin[];
  readonly email: string;
}

export type Action =
  | { readonly kind: 'attach'; readonly account: ObservedServiceAccount }
  | { readonly kind: 'detach'; readonly account: ObservedServiceAccount }
  | { readonly kind: 'apply-secret'; readonly desired: DesiredSecret }
  | { readonly kind: 'delete-secret'; readonly secret: ObservedSecret };

/**
 * What is left to do in a namespace, in this order; nothing where all is as it should be. Attachments come
 * before the Secret: the kubelet tolerates a name without a Secret and reads it again, but a Pod that was made
 * without the name never gets it.
 */
export function planNamespace(observed: ObservedNamespace, wanted: Wanted): readonly Action[] {
  if (observed.isTerminating) return [];
  const isInScope = isNamespaceInScope(wanted.scope, observed.name);
  const mentions = mentionsOf(observed, wanted.secretName);
  const isServed = observed.secret !== undefined && (isInScope || isOurs(observed.secret));
  const accounts = observed.serviceAccounts.flatMap((account): Action[] => {
    const isWanted = isInScope && isServiceAccountInScope(wanted.scope, account.name);
    if (isAttached(account, wanted.secretName) === isWanted) return [];
    if (isWanted) return [{ kind: 'attach', account }];
    const isOurAttachment = account.isListOurs || (isServed && !mentions.has(account.name));
    return isOurAttachment ? [{ kind: 'detach', account }] : [];
  });
  return [...accounts, ...secretAction(observed, isInScope, wanted, mentions)];
}

/**
 * The accounts that carry the name on their own (docs/adr/0005): those recorded in our Secret; before there is
 * one, all that carry it and were not last changed by us. What another owner of the Secret attached, such as
 * the official add-on, is taken over.
 */
function mentionsOf({ secret, serviceAccounts }: ObservedNamespace, secretName: string): ReadonlySet<string> {
  const recorded =
    secret === undefined ? undefined : isOurs(secret) ? mentionedBy(secret) : new Set<string>();
  const mentioning = serviceAccounts.filter(
    (account) => isAttached(account, secretName) && !account.isListOurs,
  );
  return new Set(mentioning.map(({ name }) => name).filter((name) => recorded?.has(name) ?? true));
}

function secretAction(
  { secret }: ObservedNamespace,
  isInScope: boolean,
  { logins, email }: Wanted,
  mentions: ReadonlySet<string>,
): Action[] {
  if (!isInScope) return secret !== undefined && isOurs(secret) ? [{ kind: 'delete-secret', secret }] : [];
  if (logins.length === 0) return [];
  const desired = desiredSecret(logins, email, mentions);
  return secret !== undefined && isUpToDate(secret, desired) ? [] : [{ kind: 'apply-secret', desired }];
}
