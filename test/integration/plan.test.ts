import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { PlanReport } from '../../src/commands/plan-report.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { operatorsCommand } from '../real-parts/operators-command.ts';
import { enterpriseEntry, personalEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const first = {
  'acr-registry-info': enterpriseEntry,
  'watch-namespace': 'team-a,team-b',
  'service-account': 'default,builder',
};
const second = {
  'acr-registry-info': enterpriseEntry + personalEntry,
  'watch-namespace': 'team-a,team-c',
  'service-account': 'default',
};

/** What is lost in two namespaces has to be confirmed. */
const brake = ['--brake-share=0', '--brake-count=1'];

/** What is done to the cluster: namespaces, and accounts as `namespace/name`; each list sorted. */
interface Deeds {
  readonly create: readonly string[];
  readonly fill: readonly string[];
  readonly remove: readonly string[];
  readonly attach: readonly string[];
  readonly detach: readonly string[];
}

/** What `plan` would have to tell apart, by namespace and by account. */
interface ClusterState {
  readonly secrets: ReadonlyMap<string, string>;
  readonly attached: ReadonlySet<string>;
}

function only(some: Iterable<string>, others: { has(key: string): boolean }): string[] {
  return [...some].filter((key) => !others.has(key)).toSorted();
}

describe('plan, on a real API server', () => {
  let stage: Stage;
  let directory: string;

  beforeAll(async () => {
    // Life-size lifetimes: no renewal falls between what was announced and what happens.
    directory = await makeDirectory('acr-plan-');
    stage = await startStage({ timeScale: 1, auditLog: noControlOfCluster === undefined });
    for (const name of ['team-a', 'team-b', 'team-c', 'elsewhere']) {
      await stage.kubectl.createNamespace(name);
      await stage.kubectl.createServiceAccount(name, { metadata: { name: 'builder' } });
      await stage.kubectl.createServiceAccount(name, {
        metadata: { name: 'own' },
        imagePullSecrets: [{ name: pullSecretName }],
      });
      await waitUntil({ what: `${name} has its default account`, withinMs: 10_000 }, () =>
        stage.kubectl.pullSecretsOf(name),
      );
    }
  });

  afterAll(async () => {
    await stage?.stop();
    await removeDirectory(directory);
  });

  const plan = (...options: string[]) =>
    operatorsCommand(['plan', `--kubeconfig=${stage.controlPlane.kubeConfigFile}`, ...options]);

  async function planned(...options: string[]) {
    const { output } = await plan('--output=json', ...options);
    const report = JSON.parse(output) as PlanReport;
    if (report.kind === 'planned') return report.forecast;
    throw new Error(`refused: ${report.problems.join('; ')}`);
  }

  async function announced(...options: string[]): Promise<Deeds> {
    const { namespaces } = await planned(...options);
    const secrets = (kind: string) =>
      namespaces.flatMap(({ namespace, pullSecret }) => (pullSecret.kind === kind ? [namespace] : []));
    const accounts = (what: 'attach' | 'detach') =>
      namespaces.flatMap((each) => each[what].map((name) => `${each.namespace}/${name}`));
    return {
      create: secrets('create').toSorted(),
      fill: secrets('fill').toSorted(),
      remove: secrets('remove').toSorted(),
      attach: accounts('attach').toSorted(),
      detach: accounts('detach').toSorted(),
    };
  }

  async function look(): Promise<ClusterState> {
    const { api } = stage.kubectl;
    const [secrets, accounts] = await Promise.all([
      api.listSecretForAllNamespaces({ fieldSelector: `metadata.name=${pullSecretName}` }),
      api.listServiceAccountForAllNamespaces(),
    ]);
    const attached = accounts.items.filter((account) =>
      account.imagePullSecrets?.some(({ name }) => name === pullSecretName),
    );
    return {
      secrets: new Map(
        secrets.items.map(({ metadata, data }) => [
          metadata?.namespace ?? '',
          data?.['.dockerconfigjson'] ?? '',
        ]),
      ),
      attached: new Set(attached.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`)),
    };
  }

  async function happenedSince(before: ClusterState): Promise<Deeds> {
    const after = await look();
    const kept = [...before.secrets].filter(([namespace]) => after.secrets.has(namespace));
    const rewritten = kept.filter(([namespace, content]) => after.secrets.get(namespace) !== content);
    return {
      create: only(after.secrets.keys(), before.secrets),
      fill: rewritten.map(([namespace]) => namespace).toSorted(),
      remove: only(before.secrets.keys(), after.secrets),
      attach: only(after.attached, before.attached),
      detach: only(before.attached, after.attached),
    };
  }

  async function nothingIsLeftToDo() {
    await waitUntil({ what: 'plan has nothing to tell any more', withinMs: 30_000 }, async () => {
      const { totals } = await planned();
      return totals.changing === 0;
    });
  }

  function manifestFile(data: Record<string, string>): string {
    const file = join(directory, 'acr-configuration.yaml');
    const metadata = { name: 'acr-configuration', namespace: 'kube-system' };
    writeFileSync(file, stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }));
    return file;
  }

  it('says what is missing where there is no configuration to plan for', async () => {
    const { exitCode, output } = await plan();
    expect(exitCode).toBe(1);
    expect(output).toContain('there is no ConfigMap kube-system/acr-configuration; name a file with --file');
  });

  it('announces from a file what the add-on then does, and has nothing to tell afterwards', async () => {
    const expected: Deeds = {
      create: ['team-a', 'team-b'],
      fill: [],
      remove: [],
      attach: ['team-a/builder', 'team-a/default', 'team-b/builder', 'team-b/default'],
      detach: [],
    };
    expect(await announced(`--file=${manifestFile(first)}`)).toEqual(expected);
    const before = await look();
    await stage.kubectl.configure(first);
    expect(await announced()).toEqual(expected);
    await stage.startReplica(...brake);
    await nothingIsLeftToDo();
    expect(await happenedSince(before)).toEqual(expected);
  });

  it('announces what a change fills, removes and leaves to its owner, in lines for people', async () => {
    const { exitCode, output } = await plan(`--file=${manifestFile(second)}`);
    expect(exitCode).toBe(0);
    expect(output).not.toContain('held back');
    expect(output.split('\n\n')[1]?.split('\n')).toEqual([
      '~ fill   team-a          with personal@cn-hangzhou',
      '- detach team-a/builder',
      '- remove team-b          Secret, 2 attachments',
      '+ create team-c          2 instances',
      '+ attach team-c/default',
    ]);
  });

  it('announces what the add-on holds back, and the confirmation with which it does what was announced', async () => {
    const file = `--file=${manifestFile(second)}`;
    const { output } = await plan(file, ...brake);
    expect(output).toContain('held back: the new scope would take');
    const [, name = '', digest = ''] = /--overwrite (\S+)=(\S+)/.exec(output) ?? [];
    const expected = await announced(file);
    const before = await look();
    await stage.kubectl.configure(second, { [name]: digest });
    await nothingIsLeftToDo();
    expect(await happenedSince(before)).toEqual(expected);
    expect(await stage.kubectl.pullSecretsOf('team-b', 'own')).toEqual([pullSecretName]);
  });

  it('refuses what the add-on would refuse, with another exit code, and says what to write', async () => {
    const { exitCode, output } = await plan(
      `--file=${manifestFile({ ...second, 'expiring-threshold': '15' })}`,
    );
    expect(exitCode).toBe(2);
    expect(output).toContain('problem: expiring-threshold: found "15"; say the unit: write 15m');
    expect(output).toContain('nothing would change');
  });

  it.skipIf(noControlOfCluster !== undefined)(
    'has only ever looked (skipped for a user’s own cluster, whose audit log is not ours)',
    () => {
      const own = stage.controlPlane
        .auditEvents()
        .filter(({ user, userAgent }) => user.username === 'admin' && userAgent === 'acr-credential-helper');
      const seen = new Set(own.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`));
      expect([...seen].toSorted()).toEqual([
        'get configmaps',
        'list namespaces',
        'list secrets',
        'list serviceaccounts',
      ]);
    },
  );
});
