import type { MetadataService } from '../alibaba/metadata-service.ts';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { nodes, type RawObject } from '../kubernetes/resource.ts';
import type { Clock } from '../runtime/clock.ts';

const regionLabel = 'topology.kubernetes.io/region';

export interface RegionSources {
  /** The flag; asked first. */
  readonly regionFlag: string | undefined;
  readonly connection: Connection;
  readonly metadata: MetadataService;
  readonly clock: Clock;
}

/**
 * Outside ECS nobody answers at the metadata service's address, which is known only when its deadline is over; and each
 * hop of an identity wants to know the region.
 */
const silenceKeptMs = 60_000;

/**
 * The cluster's region: the flag, then the label of a node, then the metadata service. What was found once is
 * kept, since a cluster does not move; a silent metadata service is asked once a minute at most. Throws REGION_UNKNOWN, saying what each source said.
 */
export function clusterRegion(sources: RegionSources): AskForRegion {
  const { connection, regionFlag } = sources;
  const ofMetadata = metadataRegion(sources);
  let found: string | undefined = regionFlag;
  return async (signal) => {
    found ??= await askForRegion(connection, ofMetadata, signal);
    return found;
  };
}

type AskForRegion = (signal: AbortSignal) => Promise<string>;

function metadataRegion({ metadata, clock }: RegionSources): AskForRegion {
  let silence: { readonly failure: Failure; readonly untilMs: number } | undefined;
  return async (signal) => {
    if (silence !== undefined && clock.monotonicMs() < silence.untilMs) throw silence.failure;
    try {
      return await metadata.regionId(signal);
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.code === 'METADATA_UNREACHABLE') {
        silence = { failure: thrown, untilMs: clock.monotonicMs() + silenceKeptMs };
      }
      throw thrown;
    }
  };
}

async function askForRegion(
  connection: Connection,
  ofMetadata: AskForRegion,
  signal: AbortSignal,
): Promise<string> {
  const saidByNodes = await nodeRegion(connection, signal).catch((thrown: unknown) => sayWhy(thrown, signal));
  if (typeof saidByNodes === 'string') return saidByNodes;
  const saidByMetadata = await ofMetadata(signal).catch((thrown: unknown) => sayWhy(thrown, signal));
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
