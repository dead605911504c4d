/** The data keys of `acr-configuration`. */
export const dataKeys = [
  'acr-registry-info',
  'watch-namespace',
  'service-account',
  'expiring-threshold',
  'notify-email',
  'rrsa',
  'webhook-configuration',
  'acr-api-version',
  'acr-registry',
] as const;
export type DataKey = (typeof dataKeys)[number];

/**
 * Keys whose absence would change what is served. A misspelt one is refused: reading it as absent could take
 * logins away from namespaces that have them.
 */
export const decisiveKeys: ReadonlySet<DataKey> = new Set([
  'acr-registry-info',
  'watch-namespace',
  'service-account',
  'rrsa',
]);

/** Names of the console's form that are spelt too differently to be recognised as near. */
export const consoleNames: ReadonlyMap<string, DataKey> = new Map([
  ['AcrInstanceInfo', 'acr-registry-info'],
  ['enableRRSA', 'rrsa'],
]);

/** The fields of an entry of `acr-registry-info`; `accessKeySecretRef` is ours. */
export const instanceFields = [
  'instanceId',
  'regionId',
  'domains',
  'assumeRoleARN',
  'expireDuration',
  'rrsaRoleARN',
  'rrsaOIDCProviderRoleARN',
  'customAccessKey',
  'customAccessKeySecret',
  'accessKeySecretRef',
] as const;
export type InstanceField = (typeof instanceFields)[number];

/**
 * Fields that say which instance is meant and who asks for it. A misspelt one is refused: without it another
 * instance would be served, or it would be asked for with an identity that nobody chose.
 */
export const decisiveFields: ReadonlySet<InstanceField> = new Set([
  'instanceId',
  'regionId',
  'assumeRoleARN',
  'rrsaRoleARN',
  'rrsaOIDCProviderRoleARN',
  'customAccessKey',
  'customAccessKeySecret',
  'accessKeySecretRef',
]);

export const rrsaFields = ['enable'] as const;
export const webhookFields = ['enable', 'failure-policy', 'timeout-seconds'] as const;
