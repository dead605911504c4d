import {
  AdmissionregistrationV1Api,
  type KubeConfig,
  type V1MutatingWebhookConfiguration,
} from '@kubernetes/client-node';
import { render } from './helm.ts';

/** What the chart installs, but for the Service: no kube-proxy is here to find it, so a port of this machine is named. */
export async function installWebhook(kubeConfig: KubeConfig, port: number): Promise<void> {
  const objects = await render('helm3', { admission: 'webhook' });
  const registration = objects.find(
    (one): one is V1MutatingWebhookConfiguration => one.kind === 'MutatingWebhookConfiguration',
  );
  const webhook = registration?.webhooks?.[0];
  if (webhook?.clientConfig.service === undefined) throw new Error('the chart has no webhook with a Service');
  const { path = '' } = webhook.clientConfig.service;
  webhook.clientConfig = { url: `https://localhost:${port}${path}` };
  const { metadata } = registration ?? {};
  await kubeConfig
    .makeApiClient(AdmissionregistrationV1Api)
    .createMutatingWebhookConfiguration({ body: { metadata: metadata ?? {}, webhooks: [webhook] } });
}

/** What the API server goes by now. */
export async function registeredWebhook(kubeConfig: KubeConfig) {
  const api = kubeConfig.makeApiClient(AdmissionregistrationV1Api);
  const { webhooks = [] } = await api.readMutatingWebhookConfiguration({
    name: 'aliyun-acr-credential-helper',
  });
  return webhooks[0];
}
