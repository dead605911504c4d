import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppsV1Api, CoordinationV1Api } from '@kubernetes/client-node';
import { makeDirectory } from '../real-parts/guardian.ts';
import { chart, helm } from '../real-parts/helm.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { nodeNetwork } from './node-network.ts';
import type { NodeStage } from './node-stage.ts';
import { buildOwnImage, ownImage } from './own-image.ts';

const namespace = 'kube-system';
const name = 'aliyun-acr-credential-helper';
const authorities = 'cloud-authorities';
const patienceMs = 120_000;
const nextVersion = '99.0.0';

/** The add-on in the stage's cluster, as Helm installs it and the node runs it. */
export class Release {
  readonly #stage: NodeStage;

  constructor(stage: NodeStage) {
    this.#stage = stage;
  }

  /** Puts what the chart takes for granted where it belongs: the image on the node, the cloud's authority in a ConfigMap. */
  async prepare(): Promise<void> {
    const { node, kubectl, cloud } = this.#stage;
    await node.images.add(
      await buildOwnImage(await makeDirectory('acr-own-image-')),
      `${ownImage.registry}/${ownImage.repository}`,
    );
    await kubectl.api.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: authorities }, data: { 'ca.crt': readFileSync(cloud.caFile, 'utf8') } },
    });
  }

  /** With two replicas; waits until both are ready and one leads. */
  async install(values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#helm(['install', 'acr', chart], values);
    await this.awaitReady();
  }

  /** To other values. */
  async upgrade(values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#upgradeTo(chart, values);
  }

  /** To the same chart under another version, with other values. */
  async upgradeToNextVersion(values: Readonly<Record<string, unknown>>): Promise<void> {
    const directory = await makeDirectory('acr-next-version-');
    const versions = [`--version=${nextVersion}`, `--app-version=${nextVersion}`];
    await helm('helm3', { options: ['package', chart, ...versions, `--destination=${directory}`] });
    await this.#upgradeTo(join(directory, `acr-credential-helper-${nextVersion}.tgz`), values);
  }

  /** To the revision before. */
  async rollBack(): Promise<void> {
    await this.#helm(['rollback', 'acr']);
    await this.awaitReady();
  }

  async uninstall(): Promise<void> {
    await this.#helm(['uninstall', 'acr', '--wait']);
  }

  /** Waits for all replicas of the newest version to be ready and one of them to lead. */
  async awaitReady(): Promise<void> {
    const apps = this.#stage.controlPlane.kubeConfig.makeApiClient(AppsV1Api);
    await waitUntil({ what: 'the add-on’s replicas are ready', withinMs: patienceMs }, async () => {
      const { metadata, spec, status } = await apps.readNamespacedDeployment({ namespace, name });
      const replicas = spec?.replicas ?? 0;
      const counts = [status?.replicas, status?.updatedReplicas, status?.readyReplicas];
      const isSeen = status?.observedGeneration === metadata?.generation;
      return isSeen && counts.every((count) => count === replicas);
    });
    await waitUntil({ what: 'one of them leads', withinMs: patienceMs }, async () => {
      const leader = await this.leader();
      return leader !== undefined && (await this.#pods()).includes(leader);
    });
  }

  /** The name of the Pod that holds the Lease, also of one that was told to end or is gone; undefined where nobody does. */
  async leader(): Promise<string | undefined> {
    const leases = this.#stage.controlPlane.kubeConfig.makeApiClient(CoordinationV1Api);
    const { spec } = await leases.readNamespacedLease({ namespace, name });
    // The Pod's name, which is its host name, and after `_` what is the process's own.
    return spec?.holderIdentity?.split('_')[0] || undefined;
  }

  async #upgradeTo(what: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#helm(['upgrade', 'acr', what], values);
    await this.awaitReady();
  }

  /** Names of its Pods that were not told to end. */
  async #pods(): Promise<string[]> {
    const { items } = await this.#stage.kubectl.api.listNamespacedPod({
      namespace,
      labelSelector: 'app.kubernetes.io/name=acr-credential-helper',
    });
    return items
      .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata?.name ?? '');
  }

  async #helm(options: readonly string[], values?: Readonly<Record<string, unknown>>): Promise<void> {
    const { kubeConfigFile } = this.#stage.controlPlane;
    const command = { options: [...options, `--namespace=${namespace}`], kubeConfigFile, patienceMs };
    const withSetting = values === undefined ? command : { ...command, values: { ...setting, ...values } };
    await helm('helm3', withSetting);
  }
}

/** What the add-on has to know of this node and the sandbox. */
const setting = {
  image: { ...ownImage, pullPolicy: 'Never' },
  proxy: { https: `http://${nodeNetwork.node}:${nodeNetwork.proxyPort}` },
  authorities: { configMap: authorities },
};
