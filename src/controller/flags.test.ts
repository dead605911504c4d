import { describe, expect, it } from 'vitest';
import { checkFlags } from './flags.ts';

const good = {
  namespace: 'kube-system',
  configMap: 'acr-configuration',
  secretName: 'acr-credential-secret-aggregation',
  leaseName: 'aliyun-acr-credential-helper',
  endpointNetwork: 'public',
  metadataEndpoint: 'http://100.100.100.200',
  healthAddress: ':8080',
  writeBudget: '50',
  brakeShare: '30',
  brakeCount: '10',
  adoptAttachments: false,
  waitingPods: 'tell',
  logLevel: 'info',
};

describe('the flags', () => {
  it('are read', () => {
    const flags = checkFlags({ ...good, region: 'cn-north-2-gov-1' });
    expect(flags.healthAddress).toEqual({ host: undefined, port: 8080 });
    expect(checkFlags({ ...good, healthAddress: '[::1]:80' }).healthAddress).toEqual({
      host: '::1',
      port: 80,
    });
    expect(flags.onlyNamespaces).toBeUndefined();
    expect(checkFlags({ ...good, onlyNamespaces: 'shop, billing' }).onlyNamespaces).toEqual([
      'shop',
      'billing',
    ]);
    expect(flags.brake).toEqual({ share: 0.3, count: 10 });
    expect(flags.metadataEndpoint.host).toBe('100.100.100.200');
  });

  it.each([
    ['--namespace', { namespace: 'Kube_System' }],
    ['--namespace', { namespace: 'kube.system' }],
    ['--config-map', { configMap: 'acr..configuration' }],
    ['--secret-name', { secretName: '' }],
    ['--only-namespaces', { onlyNamespaces: ',' }],
    ['--only-namespaces', { onlyNamespaces: 'team-*' }],
    ['--region', { region: 'hangzhou' }],
    ['--region', { region: 'cn-hangzhou-i' }],
    ['--endpoint-network', { endpointNetwork: 'internal' }],
    ['--sts-endpoint', { stsEndpoint: 'http://sts.aliyuncs.com' }],
    ['--container-registry-endpoint', { containerRegistryEndpoint: 'cr.{zone}.aliyuncs.com' }],
    ['--metadata-endpoint', { metadataEndpoint: '100.100.100.200' }],
    ['--health-address', { healthAddress: '8080' }],
    ['--health-address', { healthAddress: ':99999' }],
    ['--write-budget', { writeBudget: '0' }],
    ['--write-budget', { writeBudget: '50/s' }],
    ['--brake-share', { brakeShare: '130' }],
    ['--brake-share', { brakeShare: 'a third' }],
    ['--brake-count', { brakeCount: '-1' }],
    ['--waiting-pods', { waitingPods: 'delete' }],
    ['--log-level', { logLevel: 'loud' }],
  ])('are refused with the name of the flag and what to write: %s', (flag, wrong) => {
    const [found] = Object.values(wrong);
    expect(() => checkFlags({ ...good, ...wrong })).toThrow(`${flag} is "${found}"; write `);
  });
});
