import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { LeaseElection, type LeaseElectionParts } from '../kubernetes/lease-election.ts';
import type { Lease } from '../kubernetes/lease-hold.ts';
import { readObject } from '../kubernetes/objects.ts';
import { leases } from '../kubernetes/resource.ts';
import { fencedConnection } from '../kubernetes/write-fence.ts';

export interface LeaseWish {
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process. */
  readonly identity: string;
  /** How long to wait for whoever holds it. */
  readonly waitMs: number;
}

/**
 * Does something while no replica of the add-on can lead, over a connection that writes only as long as that is
 * sure. If the Lease is lost on the way, waits for it again and does all of it again. Throws ADD_ON_RUNNING where
 * another keeps the Lease, and KUBERNETES_… where it cannot be had. `work` ends soon after its signal is aborted.
 */
export async function whileHoldingLease<T>(
  parts: LeaseElectionParts,
  wish: LeaseWish,
  work: (connection: Connection, holding: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { namespace, name, identity, waitMs } = wish;
  const election = new LeaseElection(parts, { namespace, name, identity });
  const patience = new AbortController();
  const cancel = parts.clock.schedule(waitMs, () => patience.abort(new Error('waited long enough')));
  let done: { readonly value: T } | undefined;
  try {
    await election.run(AbortSignal.any([signal, patience.signal]), async (holding) => {
      cancel();
      const connection = fencedConnection(parts.connection, () => election.ensureLeading());
      done = { value: await work(connection, holding) };
    });
  } finally {
    cancel();
  }
  if (done !== undefined) return done.value;
  signal.throwIfAborted();
  throw await whyNotHeld(parts.connection, wish, signal);
}

async function whyNotHeld(connection: Connection, wish: LeaseWish, signal: AbortSignal): Promise<Failure> {
  const { namespace, name, waitMs } = wish;
  const lease = `the Lease ${namespace}/${name}`;
  const holder = await holderOf(connection, wish, signal);
  if (holder === '') {
    return new Failure(
      'KUBERNETES_REFUSED',
      `${lease} could not be taken in ${waitMs / 1000} s; see above why`,
    );
  }
  return new Failure(
    'ADD_ON_RUNNING',
    `${holder} still holds ${lease} after ${waitMs / 1000} s, and would put back what is removed; ` +
      `stop the add-on first: kubectl -n ${namespace} scale deployment aliyun-acr-credential-helper --replicas=0`,
  );
}

/** Empty where nobody holds it. */
async function holderOf(
  connection: Connection,
  { namespace, name }: LeaseWish,
  signal: AbortSignal,
): Promise<string> {
  try {
    const { spec } = await readObject<Lease>(connection, { resource: leases, namespace, name }, { signal });
    return spec?.holderIdentity ?? '';
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'KUBERNETES_NOT_FOUND') return '';
    throw thrown;
  }
}
