import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const writesPerSecond = 5;
const tenants = Array.from({ length: 25 }, (_, index) => `tenant-${index}`);

describe.skipIf(noControlOfCluster !== undefined)(
  'a renewal in many namespaces, seen in the audit log (skipped for a user’s own cluster, whose log is not ours)',
  () => {
    let stage: Stage;

    beforeAll(async () => {
      // A session of the node's role ends after 30 s, and a login is renewed at half its life.
      stage = await startStage({ auditLog: true, timeScale: 720 });
      await Promise.all(tenants.map((name) => stage.kubectl.createNamespace(name)));
      await stage.kubectl.configure({
        'acr-registry-info': enterpriseEntry,
        'watch-namespace': 'tenant-*,late',
      });
      await stage.startReplica(`--write-budget=${writesPerSecond}`);
      for (const name of tenants) await stage.kubectl.awaitDockerConfig(name);
    });

    afterAll(() => stage?.stop());

    /** The writes of the tenants' pull secrets, oldest first; and of the late one's. */
    function writes() {
      const all = stage.controlPlane
        .auditEvents()
        .filter(({ verb, stage, objectRef }) => {
          return verb === 'patch' && stage === 'ResponseComplete' && objectRef?.name === pullSecretName;
        })
        .map(({ requestReceivedTimestamp, objectRef }) => ({
          atMs: Date.parse(requestReceivedTimestamp),
          namespace: objectRef?.namespace ?? '',
        }))
        .toSorted((a, b) => a.atMs - b.atMs);
      const late = all.filter(({ namespace }) => namespace === 'late');
      return { late, tenants: all.filter((write) => !late.includes(write)) };
    }

    it('keeps to the write budget with one write for each, and a new namespace does not wait for it', async () => {
      const renewed = (count: number) => writes().tenants.length >= tenants.length + count;
      await waitUntil({ what: 'the renewal has begun', withinMs: 30_000 }, () => renewed(1));
      await stage.kubectl.createNamespace('late');
      await stage.kubectl.awaitDockerConfig('late');
      await waitUntil({ what: 'everybody is renewed', withinMs: 15_000 }, () => renewed(tenants.length));

      const renewals = writes().tenants.slice(tenants.length, 2 * tenants.length);
      expect(new Set(renewals.map(({ namespace }) => namespace))).toEqual(new Set(tenants));
      const [first = 0, last = 0] = [renewals[0]?.atMs, renewals.at(-1)?.atMs];
      expect(writes().late[0]?.atMs).toBeLessThan(last);
      // One second's worth at once, and then one after another; a tenth less for the grain of two clocks.
      const dueMs = ((tenants.length - writesPerSecond) / writesPerSecond) * 1000;
      expect(last - first).toBeGreaterThanOrEqual(0.9 * dueMs);
    });
  },
);
