import { makeDirectory } from '../real-parts/guardian.ts';
import { startStage, type Stage, type StageWishes } from '../real-parts/stage.ts';
import { startNode, type Node } from './node.ts';
import { Pods } from './pods.ts';
import { writeTinyImage } from './tiny-image.ts';

/** A stage whose cluster has a real node. */
export interface NodeStage extends Stage {
  readonly node: Node;
  readonly pods: Pods;
  /** Pushes an image that can run on the node, with a layer of its own. */
  publishTiny(image: string, publisher?: string): Promise<void>;
}

/** Starts all of it but the add-on, or stops what it has started. */
export async function startNodeStage(wishes: StageWishes = {}): Promise<NodeStage> {
  const stage = await startStage({ ...wishes, withNodes: true });
  try {
    const [node, images] = await Promise.all([startNode(stage), makeDirectory('acr-images-')]);
    return {
      ...stage,
      node,
      pods: new Pods(stage.kubectl.api),
      async publishTiny(image, publisher) {
        await stage.cloud.publishLayout(image, await writeTinyImage(images, image), publisher);
      },
      async stop() {
        try {
          await node.stop();
        } finally {
          await stage.stop();
        }
      },
    };
  } catch (thrown) {
    await stage.stop();
    throw thrown;
  }
}
