/** What holds where `acr-configuration` says nothing; the official add-on's defaults. */
export const defaults = {
  namespace: 'default',
  serviceAccount: 'default',
  renewBeforeMs: 15 * 60_000,
  notifyEmail: 'cs@aliyuncs.com',
  apiVersion: '2018-12-01',
  expireDurationSeconds: 3_600,
} as const;
