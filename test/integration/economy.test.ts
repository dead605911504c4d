import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, personalEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const namespaces = Array.from({ length: 300 }, (_, index) => `tenant-${index}`);
const late = Array.from({ length: 20 }, (_, index) => `late-${index}`);
const ownState = 'patch kube-system/acr-credential-helper-state';
const compiledScope = 'patch kube-system/acr-compiled-scope';
const accountsEach = ['default', 'builder'];

describe.skipIf(process.env['KUBECONFIG'] !== undefined)(
  'what 300 namespaces cost, counted from the audit log (skipped for a user’s own cluster, whose log is not ours)',
  () => {
    let stage: Stage;

    beforeAll(async () => {
      // Life-size lifetimes: no renewal falls into the count.
      stage = await startStage({ auditLog: true, timeScale: 1 });
      await create(namespaces);
      await configure(['none-yet']);
      await stage.startReplica();
      // Who waits for a login longer than a second is served without it, and once more when it comes.
      await waitUntil({ what: 'both logins are there', withinMs: 60_000 }, async () => {
        return (await stage.cloud.mints()) === 2;
      });
      await configure([...namespaces, ...late]);
      await served(namespaces);
      await create(late);
      await served(late);
    }, 300_000);

    afterAll(() => stage?.stop());

    async function configure(watched: readonly string[]) {
      await stage.kubectl.configure({
        'acr-registry-info': enterpriseEntry + personalEntry,
        'watch-namespace': watched.join(', '),
        'service-account': accountsEach.join(','),
      });
    }

    async function create(names: readonly string[]) {
      const builder = { metadata: { name: 'builder' } };
      // The client has one connection and no retries: a few at a time.
      for (let start = 0; start < names.length; start += 20) {
        const some = names.slice(start, start + 20);
        await Promise.all(some.map((name) => stage.kubectl.createNamespace(name)));
        await Promise.all(some.map((name) => stage.kubectl.createServiceAccount(name, builder)));
      }
    }

    async function served(names: readonly string[]) {
      for (const name of names) {
        await stage.kubectl.awaitDockerConfig(name);
        for (const account of accountsEach) await stage.kubectl.awaitAttachment(name, account);
      }
    }

    function writes(resource: string) {
      const events = stage.controlPlane.auditEvents().filter((event) => {
        const isOurs = event.user.username?.endsWith(':aliyun-acr-credential-helper') === true;
        const isWrite = !['get', 'list', 'watch'].includes(event.verb);
        return (
          isOurs && isWrite && event.stage === 'ResponseComplete' && event.objectRef?.resource === resource
        );
      });
      return events.map(({ verb, objectRef }) => `${verb} ${objectRef?.namespace}/${objectRef?.name}`);
    }

    it('is one Secret apply for each namespace, whether it was there before or came later', () => {
      const expected = [...namespaces, ...late].map((name) => `patch ${name}/${pullSecretName}`);
      const actual = writes('secrets').filter((write) => write !== ownState && write !== compiledScope);
      expect(actual.toSorted()).toEqual(expected.toSorted());
    });

    it.each([
      ['its settings, each time, and for each mint', ownState, 4],
      ['the scope, each time', compiledScope, 2],
    ])('is one more Secret for the add-on itself, written for %s', (_, write, atMost) => {
      const times = writes('secrets').filter((each) => each === write).length;
      expect(times).toBeGreaterThanOrEqual(1);
      expect(times).toBeLessThanOrEqual(atMost);
    });

    it('is one patch for each account in scope', () => {
      const expected = [...namespaces, ...late].flatMap((name) =>
        accountsEach.map((one) => `patch ${name}/${one}`),
      );
      expect(writes('serviceaccounts').toSorted()).toEqual(expected.toSorted());
    });

    it('is one mint for each instance', async () => {
      expect(await stage.cloud.mints()).toBe(2);
    });
  },
);
