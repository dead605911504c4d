import { accountIn } from './arn.ts';
import { unquoted } from './comma-list.ts';
import type { FieldValues } from './entry-fields.ts';
import { instanceFields } from './schema.ts';
import { ownIdentityOf, type Instance, type OwnIdentity } from './settings.ts';

/** What an entry's meaning depends on beside its fields. */
export interface EntryContext {
  readonly isRrsaOn: boolean;
  readonly isOnly: boolean;
}

/** What the writer of an accepted entry should know. */
export function remarksOn(
  values: FieldValues,
  instances: readonly Instance[],
  context: EntryContext,
): readonly string[] {
  return [
    ...remarkOnMissingId(values, context),
    ...instances.slice(0, 1).flatMap((instance) => remarksOnIdentity(values, instance, context)),
  ];
}

function remarkOnMissingId(values: FieldValues, { isOnly }: EntryContext): readonly string[] {
  if (isOnly || values.has('instanceId')) return [];
  return [
    'no instanceId, which stands for Personal Edition; write instanceId: "" to say so, or remove the dash if ' +
      'its fields belong to the entry before',
  ];
}

/** The instances of an entry have one identity. */
function remarksOnIdentity(
  values: FieldValues,
  { edition, identity }: Instance,
  { isRrsaOn }: EntryContext,
): readonly string[] {
  const ownIdentity = ownIdentityOf(identity);
  const own = ownIdentity.kind;
  const remarks: string[] = [...remarkOnAccounts(ownIdentity)];
  if (own === 'inline-access-key') {
    remarks.push(
      'the access key stands in clear in the ConfigMap; put it into a Secret (access-key-id, ' +
        'access-key-secret) and write accessKeySecretRef: <name of the Secret>',
    );
  }
  if (isRrsaOn && edition.kind === 'personal' && own === 'node-role') {
    remarks.push('there is no RRSA for Personal Edition: its logins are asked for by the node’s role');
  }
  const hasSession = identity.kind === 'assumed-role' || identity.kind === 'rrsa';
  const { byDefault } = instanceFields.expireDuration;
  const written = unquoted(values.get('expireDuration')?.texts[0] ?? '');
  if (!hasSession && !['', byDefault].includes(written)) {
    remarks.push('expireDuration is for the sessions of roles and has no effect on this entry');
  }
  return remarks;
}

/** No page has a role trust a provider of another account; that none can, none says either. */
function remarkOnAccounts(identity: OwnIdentity): readonly string[] {
  if (identity.kind !== 'rrsa' || identity.role === undefined) return [];
  const [ofRole, ofProvider] = [identity.role.roleArn, identity.role.oidcProviderArn].map(accountIn);
  if (ofRole === ofProvider) return [];
  return [
    `rrsaRoleARN is of account ${ofRole} and rrsaOIDCProviderRoleARN of ${ofProvider}, and no page has a role trust a provider ` +
      'of another account; name a role of the cluster’s account, and that of the instance’s owner as assumeRoleARN',
  ];
}
