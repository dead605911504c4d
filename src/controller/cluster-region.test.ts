import { describe, expect, it } from 'vitest';
import type { MetadataService } from '../alibaba/metadata-service.ts';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { clusterRegion } from './cluster-region.ts';

const signal = new AbortController().signal;
const label = 'topology.kubernetes.io/region';

function sources(nodeLabels: Record<string, string>[] | Failure, metadataRegion: string | Failure) {
  const asked: string[] = [];
  const answer = <T>(what: string, value: T | Failure): Promise<T> => {
    asked.push(what);
    return value instanceof Failure ? Promise.reject(value) : Promise.resolve(value);
  };
  const items =
    nodeLabels instanceof Failure
      ? nodeLabels
      : { items: nodeLabels.map((labels) => ({ metadata: { labels } })) };
  const connection = { request: () => answer('nodes', items) } as unknown as Connection;
  const metadata = { regionId: () => answer('metadata', metadataRegion) } as unknown as MetadataService;
  return { asked, connection, metadata, clock: new VirtualClock() };
}

const unreachable = new Failure('METADATA_UNREACHABLE', 'no answer');

describe('the cluster’s region', () => {
  it('is the flag’s, and nobody is asked', async () => {
    const { asked, ...more } = sources([{ [label]: 'cn-beijing' }], 'cn-shanghai');
    expect(await clusterRegion({ regionFlag: 'cn-hangzhou', ...more })(signal)).toBe('cn-hangzhou');
    expect(asked).toEqual([]);
  });

  it('else that of a node’s label, which is asked for once', async () => {
    const { asked, ...more } = sources([{ [label]: 'cn-beijing' }], 'cn-shanghai');
    const region = clusterRegion({ regionFlag: undefined, ...more });
    expect([await region(signal), await region(signal)]).toEqual(['cn-beijing', 'cn-beijing']);
    expect(asked).toEqual(['nodes']);
  });

  it.each([
    ['no node has the label', []],
    ['nodes may not be listed', new Failure('KUBERNETES_FORBIDDEN', 'forbidden')],
  ])('else that of the metadata service: %s', async (_why, nodes) => {
    const { asked: _, ...more } = sources(nodes, 'cn-shanghai');
    expect(await clusterRegion({ regionFlag: undefined, ...more })(signal)).toBe('cn-shanghai');
  });

  it('is asked for again after a failure, which says what each source said', async () => {
    const { asked, ...more } = sources([], unreachable);
    const region = clusterRegion({ regionFlag: undefined, ...more });
    await expect(region(signal)).rejects.toMatchObject({
      code: 'REGION_UNKNOWN',
      message: expect.stringMatching(/--region.*none has the label.*no answer/) as string,
    });
    await expect(region(signal)).rejects.toBeInstanceOf(Failure);
    expect(asked.filter((one) => one === 'nodes')).toHaveLength(2);
  });

  it('is not asked of a silent metadata service more than once a minute', async () => {
    const { asked, ...more } = sources([], unreachable);
    const region = clusterRegion({ regionFlag: undefined, ...more });
    for (const waitMs of [0, 59_000, 1_000]) {
      await more.clock.advance(waitMs);
      await expect(region(signal)).rejects.toMatchObject({ code: 'REGION_UNKNOWN' });
    }
    expect(asked).toEqual(['nodes', 'metadata', 'nodes', 'nodes', 'metadata']);
  });

  it('is asked again of a metadata service that answered something unusable', async () => {
    const { asked, ...more } = sources([], new Failure('METADATA_MALFORMED', 'no region'));
    const region = clusterRegion({ regionFlag: undefined, ...more });
    await expect(region(signal)).rejects.toMatchObject({ code: 'REGION_UNKNOWN' });
    await expect(region(signal)).rejects.toMatchObject({ code: 'REGION_UNKNOWN' });
    expect(asked).toEqual(['nodes', 'metadata', 'nodes', 'metadata']);
  });
});
