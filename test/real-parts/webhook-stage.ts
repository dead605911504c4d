import type { AddOn } from './add-on.ts';
import { ApiCaller, type ApiAnswer } from './api-caller.ts';
import { startBalancer, type Balancer } from './balancer.ts';
import { freePort } from './free-port.ts';
import { pullSecretName } from './kubectl.ts';
import { startStage, type Stage, type StageWishes } from './stage.ts';
import { waitUntil } from './wait-until.ts';
import { installWebhook, registeredWebhook } from './webhook-registration.ts';

/** A replica, and where its webhook is. */
export interface WebhookReplica {
  readonly addOn: AddOn;
  readonly port: number;
}

/** A stage whose API server asks the add-on's webhook, through one address for all replicas. */
export interface WebhookStage extends Stage {
  readonly balancer: Balancer;
  /** The administrator. */
  readonly admin: ApiCaller;
  /** Started, ready, and behind the address. */
  startWebhookReplica(...flags: string[]): Promise<WebhookReplica>;
  /** As Kubernetes ends a Pod: it is taken from behind the address, and told to end. */
  retire(replica: WebhookReplica): Promise<void>;
  /** Nobody is told beforehand. */
  killAtOnce(replica: WebhookReplica): Promise<void>;
  /** Waits until service accounts are admitted with the pull secret. */
  awaitAdmission(namespace: string): Promise<void>;
}

export interface WebhookStageWishes extends StageWishes {
  /** Of the chart, with which the webhook is installed. */
  readonly chartValues?: object;
}

export async function startWebhookStage(wishes: WebhookStageWishes = {}): Promise<WebhookStage> {
  const stage = await startStage({ timeScale: 1, ...wishes });
  const balancer = await startBalancer();
  // A small machine falls behind a load that does not wait for it.
  const admin = new ApiCaller(stage.controlPlane.kubeConfig, {
    patienceMs: 120_000,
    sharesConnections: true,
  });
  const behind = new Set<number>();
  const change = (how: () => void) => {
    how();
    balancer.setBackends([...behind]);
  };
  try {
    await installWebhook(stage.controlPlane.kubeConfig, balancer.port, wishes.chartValues);
  } catch (thrown) {
    await Promise.all([stage.stop(), balancer.stop(), admin.close()]);
    throw thrown;
  }
  return {
    ...stage,
    balancer,
    admin,
    async startWebhookReplica(...flags) {
      const port = await freePort();
      const own = [`--admission-address=127.0.0.1:${port}`, '--admission-hosts=localhost', ...flags];
      const addOn = await stage.startReplica(...own);
      await waitUntil({ what: 'the webhook is served', withinMs: 30_000 }, () =>
        addOn.output().includes('serving the admission webhook'),
      );
      change(() => behind.add(port));
      return { addOn, port };
    },
    async retire({ addOn, port }) {
      change(() => behind.delete(port));
      await addOn.stop();
    },
    async killAtOnce({ addOn, port }) {
      await addOn.kill();
      change(() => behind.delete(port));
    },
    async awaitAdmission(namespace) {
      let count = 0;
      await waitUntil({ what: 'the webhook is asked', withinMs: 60_000 }, async () => {
        const webhook = await registeredWebhook(stage.controlPlane.kubeConfig);
        if (webhook?.rules === undefined) return false;
        const { text } = await createAccount(admin, namespace, `trial-${count++}`, true);
        return text.includes(pullSecretName);
      });
    },
    async stop() {
      await stage.stop();
      await Promise.all([balancer.stop(), admin.close()]);
    },
  };
}

/** Creates a service account and gives what the API server made of it. */
export async function createAccount(
  admin: ApiCaller,
  namespace: string,
  name: string,
  isDryRun = false,
): Promise<ApiAnswer> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts${isDryRun ? '?dryRun=All' : ''}`;
  return await admin.call({ method: 'POST', path, body: { metadata: { name } } });
}
