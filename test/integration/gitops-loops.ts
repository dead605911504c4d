import { setTimeout as pause } from 'node:timers/promises';
import type { ApiCaller } from '../real-parts/api-caller.ts';
import type { Stage } from '../real-parts/stage.ts';
import { flux as fluxWith } from './flux.ts';
import { clientSide, serverSide, type GitOpsTool, type Manifest } from './gitops-tools.ts';

export const namespace = 'team-a';
const rounds = 20;
const everyMs = 1_000;

interface Loop {
  readonly tool: GitOpsTool;
  readonly manifest: Manifest;
}

function loopsOf(tools: Readonly<Record<string, GitOpsTool>>): readonly Loop[] {
  return Object.entries(tools).flatMap(([how, tool]) => [
    { tool, manifest: { metadata: { namespace, name: `bare-${how}` } } },
    {
      tool,
      manifest: { metadata: { namespace, name: `owning-${how}` }, imagePullSecrets: [{ name: 'mine' }] },
    },
  ]);
}

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

/** Applies accounts without and with a list every second. */
export class GitOpsLoops {
  readonly #stage: Stage;
  readonly #admin: ApiCaller;
  readonly #loops: readonly Loop[];

  /** Of those tools, by the names that their accounts get; by default kubectl's ways and Flux. */
  constructor(stage: Stage, admin: ApiCaller, tools?: Readonly<Record<string, GitOpsTool>>) {
    this.#stage = stage;
    this.#admin = admin;
    const flux = fluxWith(stage.controlPlane.kubeConfigFile);
    this.#loops = loopsOf(tools ?? { 'client-side': clientSide, 'server-side': serverSide, flux });
  }

  /** Runs all loops at the same time, on accounts that are new. */
  async runAll(): Promise<readonly LoopResult[]> {
    const { kubectl } = this.#stage;
    const before = this.#loops.map(({ manifest: { metadata } }) => this.#ourWrites(metadata.name));
    for (const { manifest } of this.#loops) await kubectl.createServiceAccount(namespace, manifest);
    return await Promise.all(
      this.#loops.map(async (loop, index) => {
        const { metadata, imagePullSecrets = [] } = loop.manifest;
        const own = imagePullSecrets.map(({ name = '' }) => name);
        const outcome = await this.#run(loop);
        const ourWrites = this.#ourWrites(metadata.name) - (before[index] ?? 0);
        return { name: metadata.name, own, ourWrites, ...outcome };
      }),
    );
  }

  async removeAll(): Promise<void> {
    for (const { manifest } of this.#loops)
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
      const { before, after, wrote } = await tool(this.#admin, manifest);
      if (wrote) writes += 1;
      for (const { imagePullSecrets = [] } of [before, after]) {
        lists.add(imagePullSecrets.map(({ name }) => name).join());
      }
      await pause(everyMs);
    }
    return { writes, lists: [...lists] };
  }
}
