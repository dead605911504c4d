import type { MetadataService } from '../alibaba/metadata-service.ts';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { nodes, type RawObject } from '../kubernetes/resource.ts';

const regionLabel = 'topology.kubernetes.io/region';

export interface RegionSources {
  /** The flag; asked first. */
  readonly regionFlag: string | undefined;
  readonly connection: Connection;
  readonly metadata: MetadataService;
}

/**
 * The cluster's region: the flag, then the label of a node, then the metadata service. What was found once is
 * kept, since a cluster does not move. Throws REGION_UNKNOWN, saying what each source said.
 */
export function clusterRegion(sources: RegionSources): (signal: AbortSignal) => Promise<string> {
  let found: string | undefined = sources.regionFlag;
  return async (signal) => {
    found ??= await askForRegion(sources, signal);
    return found;
  };
}

async function askForRegion({ connection, metadata }: RegionSources, signal: AbortSignal): Promise<string> {
  const saidByNodes = await nodeRegion(connection, signal).catch((thrown: unknown) => sayWhy(thrown, signal));
  if (typeof saidByNodes === 'string') return saidByNodes;
  const saidByMetadata = await metadata.regionId(signal).catch((thrown: unknown) => sayWhy(thrown, signal));
  if (typeof saidByMetadata === 'string') return saidByMetadata;
  throw new Failure(
    'REGION_UNKNOWN',
    'the entry has no regionId and the cluster’s region is not known; set regionId or the flag --region. ' +
      `Nodes: ${saidByNodes.why}. Metadata service: ${saidByMetadata.why}`,
  );
}

async function nodeRegion(connection: Connection, signal: AbortSignal): Promise<string | { why: string }> {
  const query = { limit: '1', labelSelector: regionLabel };
  const list = await connection.request<{ items: RawObject[] }>({
    method: 'GET',
    target: { resource: nodes },
    query,
    signal,
  });
  return list.items[0]?.metadata.labels?.[regionLabel] ?? { why: `none has the label ${regionLabel}` };
}

function sayWhy(thrown: unknown, signal: AbortSignal): { why: string } {
  signal.throwIfAborted();
  if (!(thrown instanceof Failure)) throw thrown;
  return { why: thrown.message };
}
