import { setTimeout as pause } from 'node:timers/promises';
import type { ApiCaller } from '../real-parts/api-caller.ts';
import type { Stage } from '../real-parts/stage.ts';
import { clientSide, serverSide, type GitOpsTool, type Manifest } from './gitops-tools.ts';

export const namespace = 'team-a';
const rounds = 20;
const everyMs = 1_000;

interface Loop {
  readonly tool: GitOpsTool;
  readonly manifest: Manifest;
}

const loops: readonly Loop[] = Object.entries({
  'client-side': clientSide,
  'server-side': serverSide,
}).flatMap(([how, tool]) => [
  { tool, manifest: { metadata: { namespace, name: `bare-${how}` } } },
  {
    tool,
    manifest: { metadata: { namespace, name: `owning-${how}` }, imagePullSecrets: [{ name: 'mine' }] },
  },
]);

/** What came of applying one manifest again and again. */
export interface LoopResult {
  readonly name: string;
  /** What the manifest lists. */
  readonly own: readonly string[];
  /** How often the tool changed the object. */
  readonly writes: number;
  /** How often the add-on did, since the account was created. */
  readonly ourWrites: number;
  /** The lists that the tool found and left, as texts, each once. */
  readonly lists: readonly string[];
}

/** Applies accounts without and with a list, client-side and server-side, every second. */
export class GitOpsLoops {
  readonly #stage: Stage;
  readonly #admin: ApiCaller;

  constructor(stage: Stage, admin: ApiCaller) {
    this.#stage = stage;
    this.#admin = admin;
  }

  /** Runs all loops at the same time, on accounts that are new. */
  async runAll(): Promise<readonly LoopResult[]> {
    const { kubectl } = this.#stage;
    const before = loops.map(({ manifest: { metadata } }) => this.#ourWrites(metadata.name));
    for (const { manifest } of loops) await kubectl.createServiceAccount(namespace, manifest);
    return await Promise.all(
      loops.map(async (loop, index) => {
        const { metadata, imagePullSecrets = [] } = loop.manifest;
        const own = imagePullSecrets.map(({ name = '' }) => name);
        const outcome = await this.#run(loop);
        const ourWrites = this.#ourWrites(metadata.name) - (before[index] ?? 0);
        return { name: metadata.name, own, ourWrites, ...outcome };
      }),
    );
  }

  async removeAll(): Promise<void> {
    for (const { manifest } of loops)
      await this.#stage.kubectl.api.deleteNamespacedServiceAccount(manifest.metadata);
  }

  /** How often the add-on has changed accounts of that name so far, by the audit log. */
  #ourWrites(name: string): number {
    const events = this.#stage.controlPlane.auditEvents();
    return events.filter(({ stage: at, verb, user, objectRef, responseStatus }) => {
      const isOurs = user.username?.endsWith(':aliyun-acr-credential-helper') === true;
      const isWrite = at === 'ResponseComplete' && verb === 'patch' && responseStatus?.code === 200;
      return isOurs && isWrite && objectRef?.resource === 'serviceaccounts' && objectRef.name === name;
    }).length;
  }

  async #run({ tool, manifest }: Loop) {
    const lists = new Set<string>();
    let writes = 0;
    for (let round = 0; round < rounds; round += 1) {
      const { before, after } = await tool(this.#admin, manifest);
      if (before.metadata?.resourceVersion !== after.metadata?.resourceVersion) writes += 1;
      for (const { imagePullSecrets = [] } of [before, after]) {
        lists.add(imagePullSecrets.map(({ name }) => name).join());
      }
      await pause(everyMs);
    }
    return { writes, lists: [...lists] };
  }
}
