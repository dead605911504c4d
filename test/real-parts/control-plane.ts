import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoreV1Api, RbacAuthorizationV1Api, type KubeConfig } from '@kubernetes/client-node';
import { addOnKubeConfig } from './add-on-account.ts';
import { writeApiServerFiles, writeServiceAccountKey } from './api-server-files.ts';
import { addressAt, startApiServer } from './api-server.ts';
import { readAuditEvents, type AuditEvent } from './audit-event.ts';
import { startControllerManager } from './controller-manager.ts';
import { startEtcd } from './etcd.ts';
import { freePort } from './free-port.ts';
import { makeDirectory, removeDirectory, type RunningProgram } from './guardian.ts';
import { kubeConfigFor, writeKubeConfig } from './kube-config-file.ts';
import { noControlOfCluster, usersCluster } from './users-cluster.ts';
import { startScheduler } from './scheduler.ts';
import { waitUntil } from './wait-until.ts';

export interface ControlPlaneWishes {
  /** Metadata of every request, for `auditEvents()`. */
  readonly auditLog?: boolean;
  readonly apiServerFlags?: readonly string[];
  /** The issuer of its service accounts' tokens; its own address, where it publishes its keys, if left out. */
  readonly issuer?: string;
  /** With a scheduler, all controllers, and node authorization, so that nodes can be added; see `test/node/`. */
  readonly withNodes?: boolean;
}

export interface Restart {
  /** The issuer from now on; tokens of the former ones are still taken, as a cluster's operator would have it. */
  readonly issuer?: string;
  /** Whether a new key signs tokens from now on; those signed before are no longer taken. */
  readonly newKey?: boolean;
  readonly whileDown?: () => Promise<void>;
}

/** A cluster as yet without nodes: etcd, kube-apiserver with RBAC, and the controllers behind accounts and namespaces. */
export interface ControlPlane {
  /** The administrator's. */
  readonly kubeConfigFile: string;
  readonly kubeConfig: KubeConfig;
  /**
   * Installs `deploy/rbac.yaml` and gives the file of a kubeconfig with a token of the add-on's own service
   * account, so that what runs with it has the rights it has in life.
   */
  addOnKubeConfig(): Promise<string>;
  /** `https://HOST:PORT` of the API server, where anybody may read its issuer's discovery document and keys. */
  readonly address: string;
  /** What the API server was asked so far. Throws without an audit log, and for a user's own cluster. */
  auditEvents(): readonly AuditEvent[];
  /** What the API server signs service accounts' tokens with now. Throws for a user's own cluster. */
  signingKey(): KeyObject;
  /** Ends the API server and starts it again. Throws for a user's own cluster. */
  restartApiServer(restart?: Restart): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a control plane with clean data on free ports; with `KUBECONFIG` set the user's own cluster is used. */
export async function startControlPlane(wishes: ControlPlaneWishes = {}): Promise<ControlPlane> {
  if (noControlOfCluster !== undefined) return await usersCluster();
  const directory = await makeDirectory('acr-control-plane-');
  const running: RunningProgram[] = [];
  const stop = async () => {
    // Nothing of it is kept, so nothing needs time to say goodbye.
    await Promise.all(running.map((program) => program.kill()));
    await removeDirectory(directory);
  };
  try {
    return await startIn(directory, wishes, { running, stop });
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

interface Undo {
  readonly running: RunningProgram[];
  readonly stop: () => Promise<void>;
}

async function startIn(
  directory: string,
  wishes: ControlPlaneWishes,
  { running, stop }: Undo,
): Promise<ControlPlane> {
  const files = writeApiServerFiles(join(directory, 'api-server'));
  const [port, etcd] = await Promise.all([freePort(), startEtcd(directory)]);
  running.push(etcd.program);
  const address = addressAt(port);
  const setup = {
    directory,
    files,
    port,
    etcdUrl: etcd.clientUrl,
    withAuditLog: wishes.auditLog ?? false,
    issuers: [...new Set([wishes.issuer ?? address, address])],
    extraFlags: [...(wishes.apiServerFlags ?? []), ...(wishes.withNodes === true ? flagsForNodes : [])],
  };
  let { issuers } = setup;
  let apiServer = await startApiServer(setup);
  running.push(apiServer);

  const cluster = {
    name: 'cluster',
    server: address,
    caData: readFileSync(files.authority, 'base64'),
    skipTLSVerify: false,
  };
  const kubeConfig = kubeConfigFor(cluster, { name: 'admin', token: files.adminToken });
  const kubeConfigFile = writeKubeConfig(join(directory, 'admin.kubeconfig'), kubeConfig);
  const controllerManager = await startControllerManager({
    directory,
    kubeConfigFile: writeKubeConfig(
      join(directory, 'controller-manager.kubeconfig'),
      kubeConfigFor(cluster, { name: 'controller-manager', token: files.controllerManagerToken }),
    ),
    serviceAccountKeyFile: files.serviceAccountKey,
    rootAuthorityFile: files.authority,
    hasNodes: wishes.withNodes ?? false,
  });
  running.push(controllerManager);
  if (wishes.withNodes === true) running.push(await startScheduler(directory, kubeConfigFile));
  await accountsAppear(kubeConfig, controllerManager);
  await publishIssuer(kubeConfig);

  return {
    kubeConfigFile,
    kubeConfig,
    addOnKubeConfig: () => addOnKubeConfig(kubeConfig, directory),
    auditEvents() {
      if (wishes.auditLog !== true) throw new Error('this control plane was started without auditLog');
      return readAuditEvents(files.auditLog);
    },
    address,
    signingKey: () => createPrivateKey(readFileSync(files.serviceAccountKey)),
    async restartApiServer({ issuer, newKey = false, whileDown } = {}) {
      await apiServer.kill();
      if (newKey) writeServiceAccountKey(files.certificateDirectory);
      await whileDown?.();
      if (issuer !== undefined) issuers = [...new Set([issuer, ...issuers])];
      apiServer = await startApiServer({ ...setup, issuers });
      running.push(apiServer);
    },
    stop,
  };
}

const flagsForNodes = ['--authorization-mode=Node', '--enable-admission-plugins=NodeRestriction'];

async function accountsAppear(kubeConfig: KubeConfig, program: RunningProgram): Promise<void> {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  await waitUntil({ what: 'the default service account is there', withinMs: 30_000, program }, () =>
    api.readNamespacedServiceAccount({ name: 'default', namespace: 'default' }),
  );
}

/** A cloud that is to trust a cluster's tokens reads these documents without a login. */
async function publishIssuer(kubeConfig: KubeConfig): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  await kubeConfig.makeApiClient(RbacAuthorizationV1Api).createClusterRoleBinding({
    body: {
      metadata: { name: 'issuer-discovery-for-anybody' },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'system:service-account-issuer-discovery' },
      subjects: [{ apiGroup, kind: 'Group', name: 'system:unauthenticated' }],
    },
  });
}
