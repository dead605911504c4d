import { itemsOf } from '../../src/settings/selection.ts';
import {
  ownIdentityOf,
  type IdentityChoice,
  type Instance,
  type OwnIdentity,
  type Settings,
} from '../../src/settings/settings.ts';

/** Values of the chart that ask for these settings. */
export function valuesFor({
  instances,
  scope,
  renewBeforeMs,
  notifyEmail,
  webhook: { isEnabled, failurePolicy, timeoutSeconds },
}: Settings): Record<string, unknown> {
  return {
    AcrInstanceInfo: instances.map(entryFor),
    enableRRSA: instances.some(({ identity }) => ownIdentityOf(identity).kind === 'rrsa'),
    watchNamespace: itemsOf(scope.namespaces),
    serviceAccount: itemsOf(scope.serviceAccounts).join(','),
    expiringThreshold: `${renewBeforeMs}ms`,
    notifyEmail,
    admission: isEnabled === true ? 'webhook' : 'none',
    webhook: { failurePolicy, timeoutSeconds, certificateSecret: '', caBundle: '', annotations: {} },
  };
}

function entryFor({ edition, regionId, domains, identity }: Instance): Record<string, unknown> {
  return {
    instanceId: edition.kind === 'personal' ? '' : edition.instanceId,
    regionId: regionId ?? '',
    domains: domains?.join(',') ?? '',
    ...fieldsOfChoice(identity),
  };
}

function fieldsOfChoice(identity: IdentityChoice): Record<string, unknown> {
  if (identity.kind !== 'assumed-role') return fieldsOf(identity);
  const { roleArn, sessionSeconds, from } = identity;
  return { ...fieldsOf(from), assumeRoleARN: roleArn, expireDuration: sessionSeconds };
}

function fieldsOf(own: OwnIdentity): Record<string, unknown> {
  switch (own.kind) {
    case 'node-role':
      return {};
    case 'access-key-secret':
      return { accessKeySecretRef: own.secretName };
    case 'inline-access-key':
      return { customAccessKey: own.accessKeyId, customAccessKeySecret: own.accessKeySecret.reveal() };
    case 'rrsa':
      return {
        rrsaRoleARN: own.role?.roleArn ?? '',
        rrsaOIDCProviderRoleARN: own.role?.oidcProviderArn ?? '',
        expireDuration: String(own.sessionSeconds),
      };
  }
}
