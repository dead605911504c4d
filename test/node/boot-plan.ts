import type { CgroupHierarchy } from './cgroup-hierarchies.ts';

/** A program that runs for as long as the node does. */
export interface Daemon {
  readonly file: string;
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** What `boot-node.ts` reads from its file. */
export interface BootPlan {
  /** The node's own, on the machine's disk. */
  readonly directory: string;
  readonly hierarchies: readonly CgroupHierarchy[];
  readonly hostName: string;
  readonly socket: string;
  readonly containerd: Daemon;
  /** Started when containerd listens at `socket`. */
  readonly kubelet: Daemon;
}

/** What `boot-node.ts` writes when the node's addresses are there. */
export const networkIsUp = 'network is up';
