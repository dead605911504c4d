import { z } from 'zod';
import { parseJsonText } from '../runtime/json-text.ts';
import { namespaceRules, readSelection, serviceAccountRules, type SelectionRules } from './read-selection.ts';
import { savedIdentity, toSavedIdentity } from './saved-identity.ts';
import { itemsOf, type Selection } from './selection.ts';
import type { Settings, WebhookSettings } from './settings.ts';
import { readWebhook, webhookText } from './switches.ts';

const selection = (rules: SelectionRules) =>
  z.string().transform((text, context): Selection => {
    const reading = readSelection(text, rules);
    if (reading.kind === 'accepted') return reading.value;
    context.addIssue('no selection');
    return z.NEVER;
  });

const edition = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('personal') }),
  z.object({ kind: z.literal('enterprise'), instanceId: z.string() }),
]);

const instance = z.object({
  key: z.string(),
  edition,
  regionId: z.string().nullable(),
  domains: z.array(z.string()).nullable(),
  identity: savedIdentity,
});

const saved = z.object({
  instances: z.array(instance),
  watchNamespace: selection(namespaceRules),
  serviceAccount: selection(serviceAccountRules),
  renewBeforeMs: z.number().positive(),
  notifyEmail: z.string(),
  // Left out by versions that had no webhook.
  webhook: z
    .string()
    .default('')
    .transform((text, context): WebhookSettings => {
      const { webhook } = readWebhook(text);
      if (webhook !== undefined) return webhook;
      context.addIssue('no webhook configuration');
      return z.NEVER;
    }),
});

/** As JSON that `loadSettings` reads. It holds access keys in clear, so it belongs into a Secret. */
export function saveSettings({ instances, scope, renewBeforeMs, notifyEmail, webhook }: Settings): string {
  const content: z.input<typeof saved> = {
    instances: instances.map(({ identity, ...rest }) => ({
      ...rest,
      regionId: rest.regionId ?? null,
      domains: rest.domains === undefined ? null : [...rest.domains],
      identity: toSavedIdentity(identity),
    })),
    watchNamespace: itemsOf(scope.namespaces).join(','),
    serviceAccount: itemsOf(scope.serviceAccounts).join(','),
    renewBeforeMs,
    notifyEmail,
    webhook: webhookText(webhook),
  };
  return JSON.stringify(content);
}

/** Undefined where the text is not what `saveSettings` of this version writes. */
export function loadSettings(text: string): Settings | undefined {
  const reading = saved.safeParse(parseJsonText(text));
  if (!reading.success) return undefined;
  const { instances, watchNamespace, serviceAccount, ...rest } = reading.data;
  return {
    instances: instances.map(({ regionId, domains, ...rest }) => ({
      ...rest,
      regionId: regionId ?? undefined,
      domains: domains ?? undefined,
    })),
    scope: { namespaces: watchNamespace, serviceAccounts: serviceAccount },
    ...rest,
  };
}
