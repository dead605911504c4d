import { namespaceRules, readSelection, serviceAccountRules } from '../settings/read-selection.ts';
import { itemsOf } from '../settings/selection.ts';
import type { Scope, Settings, WebhookSettings } from '../settings/settings.ts';
import { readWebhook, webhookText } from '../settings/switches.ts';
import { admissionInForce, admissionTold, type AdmissionMode } from './admission-mode.ts';
import { webhookRegistrations, type WebhookRegistration } from './webhook-registration.ts';

/** The ConfigMap with the scope in force, in the form of the configuration's own keys. */
export const scopeName = 'acr-scope-in-force';

export interface Published extends Pick<Settings, 'scope' | 'webhook'> {
  readonly admission: AdmissionMode;
  /** Undefined: not known. */
  readonly registration?: WebhookRegistration | undefined;
  /** Whether the policy has none of it, and so attaches nothing. */
  readonly isTooLongForPolicy?: boolean;
}

const registrationKey = 'webhook-registration';

type ScopeData = Readonly<Record<string, string>>;

/**
 * The data of the ConfigMap with the scope in force: the configuration's own keys; what waits has a prefix. Every
 * replica's webhook goes by it, too.
 */
export function publishedScope(
  { scope, webhook, admission, registration, isTooLongForPolicy = false }: Published,
  waiting: Scope | undefined,
): ScopeData {
  const wanted = admissionInForce(admission, webhook);
  return {
    ...scopeData('', scope),
    ...(waiting && scopeData('waiting-', waiting)),
    admission: admissionTold(admission, webhook),
    ...(isTooLongForPolicy && { 'policy-scope': 'too-long' }),
    ...(wanted === 'webhook' && registration !== undefined && { [registrationKey]: registration }),
    'webhook-configuration': webhookText(webhook),
  };
}

function scopeData(prefix: string, { namespaces, serviceAccounts }: Scope): ScopeData {
  return {
    [`${prefix}watch-namespace`]: itemsOf(namespaces).join(','),
    [`${prefix}service-account`]: itemsOf(serviceAccounts).join(','),
  };
}

/** The scope in force; undefined where it is missing or cannot be read, for which no default may stand in. */
export function readPublishedScope(data: ScopeData = {}): Scope | undefined {
  const namespaces = readSelection(data['watch-namespace'] ?? '', namespaceRules);
  const serviceAccounts = readSelection(data['service-account'] ?? '', serviceAccountRules);
  if (namespaces.kind !== 'accepted' || serviceAccounts.kind !== 'accepted') return undefined;
  return { namespaces: namespaces.value, serviceAccounts: serviceAccounts.value };
}

/** Undefined where it cannot be read; where it is missing, which is so of a former release, nothing is said of a webhook. */
export function readPublishedWebhook(data: ScopeData = {}): WebhookSettings | undefined {
  return readWebhook(data['webhook-configuration'] ?? '').webhook;
}

export function readPublishedRegistration(data: ScopeData = {}): WebhookRegistration | undefined {
  return webhookRegistrations.find((one) => one === data[registrationKey]);
}
