import {
  AdmissionregistrationV1Api,
  type KubeConfig,
  type V1MutatingWebhook,
  type V1MutatingWebhookConfiguration,
} from '@kubernetes/client-node';
import { render } from './helm.ts';

/** What the chart installs, but for the Service: no kube-proxy is here to find it, so a port of this machine is named. */
export async function installWebhook(
  kubeConfig: KubeConfig,
  port: number,
  values: object = {},
): Promise<void> {
  const objects = await render('helm3', { admission: 'webhook', ...values });
  const installed = objects.find(
    (one): one is V1MutatingWebhookConfiguration => one.kind === 'MutatingWebhookConfiguration',
  );
  const webhooks = installed?.webhooks?.map((webhook) => {
    const { service } = webhook.clientConfig;
    if (service === undefined) throw new Error('the chart has a webhook without a Service');
    webhook.clientConfig = { url: `https://localhost:${port}${service.path ?? ''}` };
    return webhook;
  });
  if (webhooks === undefined) throw new Error('the chart has no webhook');
  await kubeConfig
    .makeApiClient(AdmissionregistrationV1Api)
    .createMutatingWebhookConfiguration({ body: { metadata: installed?.metadata ?? {}, webhooks } });
}

/** What the API server goes by now. */
export async function registration(kubeConfig: KubeConfig): Promise<V1MutatingWebhookConfiguration> {
  return await kubeConfig
    .makeApiClient(AdmissionregistrationV1Api)
    .readMutatingWebhookConfiguration({ name: 'aliyun-acr-credential-helper' });
}

/** The webhook for service accounts. */
export async function registeredWebhook(kubeConfig: KubeConfig): Promise<V1MutatingWebhook | undefined> {
  const { webhooks = [] } = await registration(kubeConfig);
  return webhooks[0];
}
