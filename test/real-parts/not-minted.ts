import type { Kubectl } from './kubectl.ts';
import { waitUntil } from './wait-until.ts';

/** What is to be read beside the ConfigMap of logins that could not be had; the oldest Event comes first. */
async function notMinted({ api }: Pick<Kubectl, 'api'>): Promise<readonly string[]> {
  const { items } = await api.listNamespacedEvent({
    namespace: 'kube-system',
    fieldSelector: 'reason=LoginNotMinted,involvedObject.name=acr-configuration',
  });
  return items.map(({ message }) => message ?? '');
}

/** The first of them with this text. Throws where there is none in time. */
export async function awaitNotMinted(
  kubectl: Pick<Kubectl, 'api'>,
  reads: string | RegExp,
  withinMs: number,
): Promise<string> {
  const isIt = (message: string) =>
    typeof reads === 'string' ? message.includes(reads) : reads.test(message);
  const what = `an Event LoginNotMinted: ${String(reads)}`;
  return await waitUntil({ what, withinMs }, async () => (await notMinted(kubectl)).find(isIt));
}
