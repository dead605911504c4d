import { CoreV1Api, type KubeConfig, type V1Secret, type V1ServiceAccount } from '@kubernetes/client-node';
import { trialLabels } from './trial-traces.ts';
import { waitUntil } from './wait-until.ts';

export const pullSecretName = 'acr-credential-secret-aggregation';
const expiresAt = 'acr-credential-helper/expires-at';
const configuration = { namespace: 'kube-system', name: 'acr-configuration' };

/** What operators and their users do with kubectl, and look at. */
export class Kubectl {
  readonly api: CoreV1Api;

  constructor(kubeConfig: KubeConfig) {
    this.api = kubeConfig.makeApiClient(CoreV1Api);
  }

  async createNamespace(name: string): Promise<void> {
    await this.api.createNamespace({ body: { metadata: { name, labels: trialLabels } } });
  }

  async createServiceAccount(namespace: string, body: V1ServiceAccount): Promise<void> {
    await this.api.createNamespacedServiceAccount({ namespace, body });
  }

  /** Creates the configuration or replaces all of it. */
  async configure(data: Record<string, string>, annotations: Record<string, string> = {}): Promise<void> {
    const body = { metadata: { ...configuration, labels: trialLabels, annotations }, data };
    try {
      await this.api.replaceNamespacedConfigMap({ ...configuration, body });
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
      await this.api.createNamespacedConfigMap({ namespace: configuration.namespace, body });
    }
  }

  async deleteConfiguration(): Promise<void> {
    await this.api.deleteNamespacedConfigMap(configuration);
  }

  async createSecret(namespace: string, name: string, stringData: Record<string, string>): Promise<void> {
    const body = { metadata: { name, labels: trialLabels }, stringData };
    await this.api.createNamespacedSecret({ namespace, body });
  }

  /** The pull secret; undefined where there is none. */
  async pullSecret(namespace: string): Promise<V1Secret | undefined> {
    try {
      return await this.api.readNamespacedSecret({ namespace, name: pullSecretName });
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined;
      throw thrown;
    }
  }

  /** The text of the pull secret's docker configuration; undefined where there is none. */
  async dockerConfig(namespace: string): Promise<string | undefined> {
    const content = (await this.pullSecret(namespace))?.data?.['.dockerconfigjson'];
    return content === undefined ? undefined : Buffer.from(content, 'base64').toString('utf8');
  }

  /** The names in an account's `imagePullSecrets`. */
  async pullSecretsOf(namespace: string, name = 'default'): Promise<string[]> {
    const account = await this.api.readNamespacedServiceAccount({ namespace, name });
    return (account.imagePullSecrets ?? []).map((entry) => entry.name ?? '');
  }

  /** A new token of an account, as `kubectl create token` asks for it. Throws where the account is not there. */
  async tokenOf(
    { namespace, name }: { readonly namespace: string; readonly name: string },
    audience: string,
    expirationSeconds = 3600,
  ): Promise<string> {
    const body = { spec: { audiences: [audience], expirationSeconds } };
    const { status } = await this.api.createNamespacedServiceAccountToken({ namespace, name, body });
    return status?.token ?? '';
  }

  /** Waits for the docker configuration to be there and, where a `former` one is given, to differ from it. */
  async awaitDockerConfig(namespace: string, former?: string, withinMs = 20_000): Promise<string> {
    const what = `namespace ${namespace} has ${former === undefined ? 'its' : 'a renewed'} pull secret`;
    return await waitUntil({ what, withinMs }, async () => {
      const found = await this.dockerConfig(namespace);
      return found !== former && found;
    });
  }

  /**
   * Waits until the login of a namespace ends later than it does now, which a renewal may leave as it is: the node's
   * role keeps its session until shortly before its end, and a login lives as long as the session.
   */
  async awaitLongerLogin(namespace: string): Promise<string> {
    const end = async () => (await this.pullSecret(namespace))?.metadata?.annotations?.[expiresAt] ?? '';
    const formerEnd = await end();
    await waitUntil(
      { what: `the login of ${namespace} ends later than ${formerEnd}`, withinMs: 30_000 },
      async () => (await end()) > formerEnd,
    );
    return await this.awaitDockerConfig(namespace);
  }

  async awaitAttachment(namespace: string, account = 'default'): Promise<void> {
    await waitUntil({ what: `${namespace}/${account} is attached`, withinMs: 40_000 }, async () =>
      (await this.pullSecretsOf(namespace, account)).includes(pullSecretName),
    );
  }
}

function isNotFound(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 404;
}
