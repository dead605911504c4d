import type { CoreV1Api, CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { waitUntil } from '../real-parts/wait-until.ts';

export interface PodWish {
  readonly namespace: string;
  readonly name: string;
  readonly images: readonly string[];
}

type PodName = Pick<PodWish, 'namespace' | 'name'>;

const patienceMs = 60_000;
/** A mount or a sandbox that is tried again, as on any busy node, is none. */
const failureReasons = new Set(['Failed', 'BackOff', 'FailedToRetrieveImagePullSecret']);

/** A Pod without any pull secret of its own, which takes images that are present. */
export function podOf({ name, images }: Omit<PodWish, 'namespace'>): V1Pod {
  return {
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: images.map((image, index) => ({
        name: `container-${index}`,
        image,
        imagePullPolicy: 'IfNotPresent',
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

  /** Creates it and waits until it is ready. */
  async run(wish: PodWish): Promise<void> {
    await this.create(wish);
    await this.awaitRunning(wish);
  }

  async awaitRunning({ namespace, name }: PodName): Promise<void> {
    await waitUntil({ what: `Pod ${namespace}/${name} runs`, withinMs: patienceMs }, async () => {
      const { status } = await this.#api.readNamespacedPod({ namespace, name });
      const states = status?.containerStatuses ?? [];
      return states.length > 0 && states.every(({ ready }) => ready);
    });
  }

  /** Waits for a container of the Pod to wait for that reason, such as `ErrImagePull`. */
  async awaitWaiting({ namespace, name }: PodName, reason: string): Promise<void> {
    const what = `Pod ${namespace}/${name} waits: ${reason}`;
    await waitUntil({ what, withinMs: patienceMs }, async () => {
      const { status } = await this.#api.readNamespacedPod({ namespace, name });
      return (status?.containerStatuses ?? []).some(({ state }) => state?.waiting?.reason === reason);
    });
  }

  /** Deletes it and waits until it is gone from the node. */
  async remove({ namespace, name }: PodName): Promise<void> {
    await this.#api.deleteNamespacedPod({ namespace, name });
    await waitUntil({ what: `Pod ${namespace}/${name} is gone`, withinMs: patienceMs }, async () => {
      const { items } = await this.#api.listNamespacedPod({ namespace });
      return items.every(({ metadata }) => metadata?.name !== name);
    });
  }

  /** Whether the image was pulled for it, as its Events have it, or taken as it was present. */
  async hasPulled(pod: PodName, image: string): Promise<boolean> {
    return (await this.#events(pod)).some(
      ({ reason, message }) => reason === 'Pulling' && message?.includes(`"${image}"`) === true,
    );
  }

  /** What its Events say of pulls that failed so far, and of containers that were not started. */
  async failures(pod: PodName): Promise<string[]> {
    const failed = (await this.#events(pod)).filter(({ reason = '' }) => failureReasons.has(reason));
    return failed.map(({ message = '' }) => message);
  }

  async #events({ namespace, name }: PodName): Promise<CoreV1Event[]> {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name}`;
    return (await this.#api.listNamespacedEvent({ namespace, fieldSelector })).items;
  }
}
