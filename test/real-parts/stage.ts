import { startAddOn, type AddOn, type Command } from './add-on.ts';
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
  /** Those that were started so far. */
  readonly replicas: readonly AddOn[];
  /** Starts one more replica of the add-on, with the add-on's own rights. */
  startReplica(...flags: string[]): Promise<AddOn>;
  stop(): Promise<void>;
}

export interface StageWishes {
  readonly auditLog?: boolean;
  /** 1 for life-size lifetimes. */
  readonly timeScale?: number;
  /** As in `CloudWishes`. */
  readonly worldFile?: string;
  /** As in `AddOnSetup`. */
  readonly command?: Command;
  /** As in `AddOnSetup`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** As in `ControlPlaneWishes`. */
  readonly apiServerFlags?: readonly string[];
  /** As in `ControlPlaneWishes`. */
  readonly issuer?: string;
  /** As in `ControlPlaneWishes`. */
  readonly withNodes?: boolean;
  /** Whether the add-on's account is left to somebody else, such as Helm; then no replica can be started here. */
  readonly withoutAccount?: boolean;
}

/** Starts all of it but the add-on, or stops what it has started. */
export async function startStage(wishes: StageWishes = {}): Promise<Stage> {
  const [controlPlane, cloud] = await startBoth(
    startControlPlane(wishes),
    startCloud({ ...wishes, timeScale: wishes.timeScale ?? timeScale }),
  );
  const replicas: AddOn[] = [];
  const stop = async () => {
    await Promise.all(replicas.map((replica) => replica.kill()));
    await Promise.all([cloud.stop(), controlPlane.stop()]);
  };
  try {
    const kubeConfigFile = wishes.withoutAccount === true ? undefined : await controlPlane.addOnKubeConfig();
    return {
      controlPlane,
      cloud,
      kubectl: new Kubectl(controlPlane.kubeConfig),
      replicas,
      async startReplica(...flags) {
        if (kubeConfigFile === undefined) throw new Error('this stage was started withoutAccount');
        const replica = await startAddOn({ ...wishes, kubeConfigFile, cloud, flags });
        replicas.push(replica);
        return replica;
      },
      stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

interface Stoppable {
  stop(): Promise<void>;
}

/** Both, or neither: when one cannot be started, the other is stopped. */
async function startBoth<A extends Stoppable, B extends Stoppable>(
  one: Promise<A>,
  other: Promise<B>,
): Promise<[A, B]> {
  try {
    return await Promise.all([one, other]);
  } catch (thrown) {
    const started = (await Promise.allSettled([one, other])).filter(
      (outcome) => outcome.status === 'fulfilled',
    );
    await Promise.all(started.map(({ value }) => value.stop()));
    throw thrown;
  }
}

export const enterpriseEntry = '- instanceId: cri-sandbox00000001\n  regionId: cn-hangzhou\n';
export const personalEntry = '- instanceId: ""\n  regionId: cn-hangzhou\n';

/** Of those two instances. */
export const enterpriseImage = 'acme-registry.cn-hangzhou.cr.aliyuncs.com/team/app:1';
export const personalImage = 'registry.cn-hangzhou.aliyuncs.com/acme-personal/app:1';
