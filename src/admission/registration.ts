import { isDeepStrictEqual } from 'node:util';
import { mutatingWebhookConfigurations, type RawObject } from '../kubernetes/resource.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import { registrationName } from '../pull-secrets/webhook-registration.ts';
import type { WebhookSettings } from '../settings/settings.ts';

export const registrationRef = { resource: mutatingWebhookConfigurations, name: registrationName };

/** What the API server is to know of the webhook; what is undefined stays as it is registered. */
export interface Registration {
  readonly failurePolicy: WebhookSettings['failurePolicy'] | undefined;
  readonly timeoutSeconds: number | undefined;
  /** Whether it is asked at all. */
  readonly isOpen: boolean;
  /** PEM; undefined: somebody else's business. */
  readonly trustPem: string | undefined;
}

/** The parts that matter here. */
export interface RawWebhookConfiguration extends RawObject {
  readonly webhooks?: readonly RawWebhook[];
}

interface RawWebhook {
  readonly name: string;
  readonly clientConfig?: { readonly caBundle?: string };
  readonly failurePolicy?: string;
  readonly timeoutSeconds?: number;
  readonly rules?: readonly unknown[];
}

/** Begins the name of the webhook that is asked about Pods. It is there where whoever installs the add-on wants that. */
const forPods = 'pods.';
/** No Pod waits for longer, or fails because nobody answers. */
const longestForPodsSeconds = 2;

/** As the API server gives them back. The confinement allows these and no others. */
const accountRules = [ruleFor('serviceaccounts', 'CREATE', 'UPDATE')];
const podRules = [ruleFor('pods', 'CREATE')];

function ruleFor(resource: string, ...operations: readonly string[]): object {
  return { apiGroups: [''], apiVersions: ['v1'], operations, resources: [resource], scope: 'Namespaced' };
}

export function isOpenIn({ webhooks = [] }: RawWebhookConfiguration): boolean {
  return webhooks.some(({ rules = [] }) => rules.length > 0);
}

/** Whether whoever installs the add-on wants Pods with pull secrets of their own to get the add-on's, too. */
export function isForPodsToo({ webhooks = [] }: RawWebhookConfiguration): boolean {
  return webhooks.some(({ name }) => name.startsWith(forPods));
}

/** Whether the API server is told whom to trust: where it is not, it trusts no answer. */
export function isTrustedIn({ webhooks = [] }: RawWebhookConfiguration): boolean {
  return webhooks.every(({ clientConfig }) => (clientConfig?.caBundle ?? '') !== '');
}

/** Whom the API server trusts, PEM; of a registration with several webhooks, which are all ours, whom the first does. */
export function trustedIn({ webhooks = [] }: RawWebhookConfiguration): string {
  return Buffer.from(webhooks[0]?.clientConfig?.caBundle ?? '', 'base64').toString('utf8');
}

/**
 * Empty where all is as it should be. Without rules nothing is asked, so that a webhook which nobody serves yet, or
 * any more, holds nothing up, whatever its failure policy.
 */
export function registrationPatch(
  { metadata, webhooks = [] }: RawWebhookConfiguration,
  wanted: Registration,
): readonly PatchStep[] {
  const steps = webhooks.flatMap((webhook, index) => webhookSteps(webhook, `/webhooks/${index}`, wanted));
  if (steps.length === 0) return [];
  return [{ op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion }, ...steps];
}

function webhookSteps(webhook: RawWebhook, path: string, wanted: Registration): readonly PatchStep[] {
  const { failurePolicy, timeoutSeconds, rules } = termsOf(webhook, wanted);
  const { trustPem } = wanted;
  const set = (name: string, value: unknown, observed: unknown): readonly PatchStep[] =>
    value === undefined || isDeepStrictEqual(value, observed)
      ? []
      : [{ op: 'add', path: `${path}/${name}`, value }];
  const caBundle = trustPem === undefined ? undefined : Buffer.from(trustPem).toString('base64');
  const observed = webhook.clientConfig?.caBundle;
  return [
    ...set('clientConfig/caBundle', caBundle, observed),
    ...set('failurePolicy', failurePolicy, webhook.failurePolicy),
    ...set('timeoutSeconds', timeoutSeconds, webhook.timeoutSeconds),
    ...set('rules', rules, webhook.rules ?? []),
  ];
}

function termsOf({ name }: RawWebhook, { isOpen, failurePolicy, timeoutSeconds }: Registration) {
  if (!name.startsWith(forPods)) {
    return { failurePolicy, timeoutSeconds, rules: isOpen ? accountRules : [] };
  }
  return {
    failurePolicy: 'Ignore',
    timeoutSeconds: Math.min(timeoutSeconds ?? longestForPodsSeconds, longestForPodsSeconds),
    rules: isOpen ? podRules : [],
  };
}
