import type { CoreV1Api, CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { waitUntil } from '../real-parts/wait-until.ts';

export interface PodWish {
  readonly namespace: string;
  readonly name: string;
  readonly images: readonly string[];
  /** `IfNotPresent` if left out. */
  readonly pullPolicy?: 'Always' | 'IfNotPresent';
}

const patienceMs = 60_000;

/** A Pod without any pull secret of its own. */
export function podOf({ name, images, pullPolicy = 'IfNotPresent' }: Omit<PodWish, 'namespace'>): V1Pod {
  return {
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: images.map((image, index) => ({
        name: `container-${index}`,
        image,
        imagePullPolicy: pullPolicy,
      })),
    },
  };
}

/** What users do with Pods, and look at. */
export class Pods {
  readonly #api: CoreV1Api;

  constructor(api: CoreV1Api) {
    this.#api = api;
  }

  async create({ namespace, ...wish }: PodWish): Promise<void> {
    await this.#api.createNamespacedPod({ namespace, body: podOf(wish) });
  }

  /** Creates it and waits until it is ready. Returns how long that took, in ms. */
  async run(wish: PodWish): Promise<number> {
    const before = performance.now();
    await this.create(wish);
    await this.awaitRunning(wish);
    return performance.now() - before;
  }

  async awaitRunning({ namespace, name }: Pick<PodWish, 'namespace' | 'name'>): Promise<V1Pod> {
    const what = `Pod ${namespace}/${name} runs`;
    return await waitUntil({ what, withinMs: patienceMs }, async () => {
      const pod = await this.#api.readNamespacedPod({ namespace, name });
      const states = pod.status?.containerStatuses ?? [];
      return states.length > 0 && states.every(({ ready }) => ready) && pod;
    });
  }

  /** Waits for a container of the Pod to wait for that reason, such as `ErrImagePull`. */
  async awaitWaiting(
    { namespace, name }: Pick<PodWish, 'namespace' | 'name'>,
    reason: string,
  ): Promise<void> {
    const what = `Pod ${namespace}/${name} waits: ${reason}`;
    await waitUntil({ what, withinMs: patienceMs }, async () => {
      const { status } = await this.#api.readNamespacedPod({ namespace, name });
      return (status?.containerStatuses ?? []).some(({ state }) => state?.waiting?.reason === reason);
    });
  }

  /** Deletes it and waits until it is gone from the node. */
  async remove({ namespace, name }: Pick<PodWish, 'namespace' | 'name'>): Promise<void> {
    await this.#api.deleteNamespacedPod({ namespace, name });
    await waitUntil({ what: `Pod ${namespace}/${name} is gone`, withinMs: patienceMs }, async () => {
      const { items } = await this.#api.listNamespacedPod({ namespace });
      return items.every(({ metadata }) => metadata?.name !== name);
    });
  }

  /** Whether it was pulled for, as its Events have it, or taken as it was present. */
  async hasPulled(pod: Pick<PodWish, 'namespace' | 'name'>): Promise<boolean> {
    return (await this.#events(pod)).some(({ reason }) => reason === 'Pulling');
  }

  /** What its Events say of failures so far: of pulls, and of starts. */
  async failures(pod: Pick<PodWish, 'namespace' | 'name'>): Promise<string[]> {
    const failed = (await this.#events(pod)).filter(({ reason }) => /^(Failed|BackOff)/.test(reason ?? ''));
    return failed.map(({ message = '' }) => message);
  }

  async #events({ namespace, name }: Pick<PodWish, 'namespace' | 'name'>): Promise<CoreV1Event[]> {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name}`;
    return (await this.#api.listNamespacedEvent({ namespace, fieldSelector })).items;
  }
}
