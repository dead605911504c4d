import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import type { Cloud } from '../real-parts/cloud.ts';
import type { ControlPlane } from '../real-parts/control-plane.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { chart, helm } from '../real-parts/helm.ts';
import { pullSecretName, type Kubectl } from '../real-parts/kubectl.ts';
import { startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { startInstalledAddOn } from './installed-add-on.ts';

const listed = ['shop', 'billing'];
const account = 'system:serviceaccount:kube-system:aliyun-acr-credential-helper';

describe.skipIf(noControlOfCluster !== undefined)('the add-on, with rights in some namespaces only', () => {
  let stage: Stage;
  let controlPlane: ControlPlane;
  let cloud: Cloud;
  let kubectl: Kubectl;
  let directory: string;
  let addOn: AddOn;

  beforeAll(async () => {
    directory = await makeDirectory('acr-strict-');
    stage = await startStage({ auditLog: true, timeScale: 1, withoutAccount: true });
    ({ controlPlane, cloud, kubectl } = stage);
    for (const name of [...listed, 'elsewhere']) await kubectl.createNamespace(name);
    const values = {
      AcrInstanceInfo: [{ instanceId: 'cri-sandbox00000001', regionId: 'cn-hangzhou' }],
      watchNamespace: 'all,!kube-system',
      serviceAccount: '*',
      rbac: { onlyNamespaces: listed },
    };
    const options = ['install', 'acr', chart, '--namespace=kube-system'];
    await helm('helm4', { options, values, kubeConfigFile: controlPlane.kubeConfigFile });
    addOn = await startInstalledAddOn({ controlPlane, cloud, directory });
  });

  afterAll(async () => {
    await addOn?.kill();
    await stage?.stop();
    await removeDirectory(directory);
  });

  it.each(listed)('serves %s', async (namespace) => {
    expect(await kubectl.awaitDockerConfig(namespace)).toContain('acme-registry.cn-hangzhou.cr.aliyuncs.com');
    await kubectl.awaitAttachment(namespace);
  });

  it('asks for nothing in other namespaces, and is refused nothing', async () => {
    expect(await kubectl.pullSecret('elsewhere')).toBeUndefined();
    expect(await kubectl.pullSecretsOf('elsewhere')).toEqual([]);
    const asked = controlPlane.auditEvents().filter(({ user }) => user.username === account);
    expect(asked.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([]);
    const wide = asked.filter(
      ({ objectRef }) =>
        ['secrets', 'serviceaccounts'].includes(objectRef?.resource ?? '') &&
        ![...listed, 'kube-system'].includes(objectRef?.namespace ?? 'the whole cluster'),
    );
    expect(wide).toEqual([]);
  });

  it('serves an account that comes later', async () => {
    await kubectl.createServiceAccount('shop', { metadata: { name: 'late' } });
    await kubectl.awaitAttachment('shop', 'late');
    expect(await kubectl.pullSecretsOf('shop', 'late')).toEqual([pullSecretName]);
  });

  it('goes on with the others when one of them is gone, with its rights, and it starts anew', async () => {
    await kubectl.api.deleteNamespace({ name: 'billing' });
    await waitUntil({ what: 'billing is gone', withinMs: 60_000 }, async () => {
      const { items } = await kubectl.api.listNamespace();
      return !items.some(({ metadata }) => metadata?.name === 'billing');
    });
    await addOn.kill();
    await kubectl.createNamespace('billing');
    addOn = await startInstalledAddOn({ controlPlane, cloud, directory });
    await kubectl.createServiceAccount('shop', { metadata: { name: 'later' } });
    await waitUntil({ what: 'the new leader serves shop', withinMs: 60_000 }, async () =>
      (await kubectl.pullSecretsOf('shop', 'later')).includes(pullSecretName),
    );
    expect(await kubectl.pullSecret('billing')).toBeUndefined();
  });
});
