import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const teams = Array.from({ length: 60 }, (_, index) => `paced-${index}`);
const configuration = { 'acr-registry-info': enterpriseEntry, 'watch-namespace': 'paced-*' };
const writesPerSecond = 5;

describe.skipIf(process.env['KUBECONFIG'] !== undefined)(
  'a leader that is paused past its lease in the middle of paced writes (skipped for a user’s own cluster, whose audit log is not ours)',
  () => {
    let stage: Stage;
    let paused: AddOn;
    let successor: AddOn;

    beforeAll(async () => {
      // Life-size lifetimes: no renewal comes in between.
      stage = await startStage({ auditLog: true, timeScale: 1 });
      await Promise.all(teams.map((name) => stage.kubectl.createNamespace(name)));
      await stage.kubectl.configure(configuration);
      paused = await stage.startReplica(`--write-budget=${writesPerSecond}`);
      for (const name of teams) await stage.kubectl.awaitAttachment(name);
      successor = await stage.startReplica(`--write-budget=${writesPerSecond}`);
      await waitUntil({ what: 'the standby is ready', withinMs: 10_000 }, async () =>
        (await successor.health('readyz')).includes('ok'),
      );
    });

    afterAll(() => stage?.stop());

    /** The pull secrets written so far, the oldest first, by the process that wrote them. */
    function writers(): string[] {
      return stage.controlPlane
        .auditEvents()
        .filter(({ stage: at, verb, objectRef }) => {
          return at === 'ResponseComplete' && verb === 'patch' && objectRef?.name === pullSecretName;
        })
        .toSorted((a, b) => (a.requestReceivedTimestamp < b.requestReceivedTimestamp ? -1 : 1))
        .map(({ userAgent = '' }) => userAgent);
    }

    it('begins no write on waking, when another leads', async () => {
      await stage.kubectl.configure({ ...configuration, 'notify-email': 'new@example.com' });
      await waitUntil({ what: 'some are rewritten', withinMs: 10_000 }, () => {
        return writers().length >= teams.length + 2 * writesPerSecond;
      });
      process.kill(paused.pid, 'SIGSTOP');
      await waitUntil({ what: 'the other writes', withinMs: 30_000 }, () => new Set(writers()).size === 2);
      process.kill(paused.pid, 'SIGCONT');
      await waitUntil({ what: 'it knows that it has lost the lease', withinMs: 10_000 }, () =>
        paused.output().includes('no longer the leader'),
      );
      await waitUntil({ what: 'the other has rewritten all that were left', withinMs: 30_000 }, () => {
        return writers().length >= 2 * teams.length;
      });
      const turns = writers().filter((writer, index, all) => writer !== all[index - 1]);
      expect(turns).toHaveLength(2);
    });
  },
);
