import { describe, expect, it } from 'vitest';
import { configMapInManifest } from './config-map-manifest.ts';

const wanted = { namespace: 'kube-system', name: 'acr-configuration' };
const good = `apiVersion: v1
kind: ConfigMap
metadata: { name: acr-configuration, namespace: kube-system }
data:
  acr-registry-info: |
    - instanceId: cri-a
  watch-namespace: team-a
`;

describe('a ConfigMap in a file of manifests', () => {
  it('is read, also among other documents', () => {
    const expected = { 'acr-registry-info': '- instanceId: cri-a\n', 'watch-namespace': 'team-a' };
    expect(configMapInManifest(good, wanted).data).toEqual(expected);
    const among = `kind: Namespace\nmetadata: {name: x}\n---\n${good}---\n`;
    expect(configMapInManifest(among, wanted).data).toEqual(expected);
  });

  it('is read from JSON, and may have no data', () => {
    const metadata = { name: wanted.name, annotations: { 'acr-credential-helper/confirm': 'example' } };
    const text = JSON.stringify({ kind: 'ConfigMap', metadata });
    expect(configMapInManifest(text, wanted)).toMatchObject({ data: {}, confirmation: 'example' });
  });

  it.each([
    ['an empty file', '', 'no ConfigMap kube-system/acr-configuration'],
    [
      'no ConfigMap',
      'kind: Secret\nmetadata: {name: acr-configuration}\n',
      'no ConfigMap kube-system/acr-configuration',
    ],
    [
      'another name',
      good.replace('name: acr-configuration', 'name: other'),
      'no ConfigMap kube-system/acr-configuration',
    ],
    [
      'another namespace',
      good.replace('kube-system', 'default'),
      'no ConfigMap kube-system/acr-configuration',
    ],
    ['two of them', `${good}---\n${good}`, 'the ConfigMap kube-system/acr-configuration more than once'],
    ['a list', good.replace('|\n    - instanceId: cri-a', '[1]'), 'data.acr-registry-info is no text'],
    ['broken YAML', `${good}  "s3cret\n`, 'line 8 of the file is no YAML'],
  ])('is refused with what to do: %s', (_what, text, message) => {
    expect(() => configMapInManifest(text, wanted)).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});
