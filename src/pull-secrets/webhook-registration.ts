/**
 * What the leader found of the MutatingWebhookConfiguration: the API server asks the webhook; does not, yet or any more;
 * cannot, since nobody has installed it; is not to, since nobody has told it whom to trust.
 */
export const webhookRegistrations = ['open', 'closed', 'missing', 'untrusted'] as const;
export type WebhookRegistration = (typeof webhookRegistrations)[number];

/** The MutatingWebhookConfiguration, which whoever installs the add-on makes, and the leader opens. */
export const registrationName = 'aliyun-acr-credential-helper';

/** What keeps the API server from asking although the configuration wants a webhook, and what to do. */
export const whyNotAsked = {
  missing:
    `the API server does not ask the admission webhook, since there is no MutatingWebhookConfiguration ` +
    `${registrationName}: install it with the chart’s value admission: webhook, or as docs/admission.md has it without the chart`,
  untrusted:
    `the API server is not to ask the admission webhook, since nobody has filled in whom to trust in the ` +
    `MutatingWebhookConfiguration ${registrationName}: write the chart’s webhook.caBundle, or see to it that ` +
    `whoever webhook.annotations name does so`,
} as const;
