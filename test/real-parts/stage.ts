import { startAddOn, type AddOn } from './add-on.ts';
import { startCloud, type Cloud } from './cloud.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { Kubectl } from './kubectl.ts';

/** The six hours of a node role’s session pass in 12 seconds. */
export const timeScale = 1800;

/** Everything that a whole-program test needs, on this machine. */
export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly cloud: Cloud;
  readonly kubectl: Kubectl;
  /** Starts one more replica of the add-on, with the add-on's own rights. */
  startReplica(...flags: string[]): Promise<AddOn>;
  stop(): Promise<void>;
}

export interface StageWishes {
  readonly auditLog?: boolean;
  /** 1 for life-size lifetimes. */
  readonly timeScale?: number;
}

export async function startStage(wishes: StageWishes = {}): Promise<Stage> {
  const [controlPlane, cloud] = await Promise.all([
    startControlPlane({ auditLog: wishes.auditLog ?? false }),
    startCloud({ timeScale: wishes.timeScale ?? timeScale }),
  ]);
  const kubeConfigFile = await controlPlane.addOnKubeConfig();
  const replicas: AddOn[] = [];
  return {
    controlPlane,
    cloud,
    kubectl: new Kubectl(controlPlane.kubeConfig),
    async startReplica(...flags) {
      const replica = await startAddOn({ kubeConfigFile, cloud, flags });
      replicas.push(replica);
      return replica;
    },
    async stop() {
      await Promise.all(replicas.map((replica) => replica.kill()));
      await Promise.all([cloud.stop(), controlPlane.stop()]);
    },
  };
}

export const enterpriseEntry = '- instanceId: cri-sandbox00000001\n  regionId: cn-hangzhou\n';
export const personalEntry = '- instanceId: ""\n  regionId: cn-hangzhou\n';
