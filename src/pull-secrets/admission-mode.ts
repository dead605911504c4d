import type { WebhookSettings } from '../settings/settings.ts';

/**
 * What attaches service accounts while they are created, as the flag says it. The last three go by the configuration's
 * `enable`: `true` is the webhook; without it there is nothing, or the policy, or, where nothing is said, the webhook.
 */
export const admissionModes = [
  'policy',
  'webhook',
  'none',
  'as-configured',
  'policy-unless-configured',
  'webhook-unless-configured',
] as const;
export type AdmissionMode = (typeof admissionModes)[number];
/** Those in which a webhook may be asked for. */
export type WebhookMode = Exclude<AdmissionMode, 'policy' | 'none'>;
export type Admitting = 'policy' | 'webhook' | 'none';

type Enabling = Pick<WebhookSettings, 'isEnabled'>;

export function admissionInForce(mode: AdmissionMode, { isEnabled }: Enabling): Admitting {
  switch (mode) {
    case 'policy':
    case 'webhook':
    case 'none':
      return mode;
    case 'as-configured':
      return isEnabled === true ? 'webhook' : 'none';
    case 'policy-unless-configured':
      return isEnabled === true ? 'webhook' : 'policy';
    case 'webhook-unless-configured':
      return isEnabled === false ? 'none' : 'webhook';
  }
}

/** What is in force, as it is told: a policy stays beside the webhook that the configuration asks for. */
export function admissionTold(mode: AdmissionMode, enabling: Enabling): string {
  const admitting = admissionInForce(mode, enabling);
  return mode === 'policy-unless-configured' && admitting === 'webhook' ? 'policy,webhook' : admitting;
}

/** What to tell where the flag stands above what the configuration says of the webhook; undefined where it does not. */
export function admissionNotice(mode: AdmissionMode, { isEnabled }: Enabling): string | undefined {
  const admitting = admissionInForce(mode, { isEnabled });
  if (isEnabled === undefined || isEnabled === (admitting === 'webhook')) return undefined;
  const outcome = isEnabled ? 'there is no webhook' : 'there is a webhook all the same';
  return `webhook-configuration says enable: ${isEnabled}, but --admission is ${mode}: ${outcome}`;
}

/**
 * What to tell where whoever installed the webhook has it ask about Pods, too, and the configuration has it ask nothing;
 * undefined where it does, where a policy attaches, and where the flag rules the webhook out.
 */
export function noticeOnPods(mode: AdmissionMode, { isEnabled }: Enabling): string | undefined {
  if (mode === 'none' || admissionInForce(mode, { isEnabled }) !== 'none') return undefined;
  const why = isEnabled === undefined ? 'does not say enable: true' : `says enable: ${isEnabled}`;
  return `Pods with pull secrets of their own get none of the add-on’s: webhook-configuration ${why}, so there is no webhook`;
}
