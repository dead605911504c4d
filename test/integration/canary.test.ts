import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import { startStage, enterpriseEntry, personalEntry, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const keyId = 'SANDBOXPULLER';
const keySecret = 'sandbox-secret-of-puller';
const wrongSecret = 'sandbox-secret-that-is-wrong';

const minted = 'minted a registry login';
const notMinted = 'could not mint a login';
const refused = 'configuration: acr-registry-info';

/** Entries of acr-registry-info that hold a key in every place where one can be, right and wrong, and what follows. */
const entries = [
  [`${enterpriseEntry}${personalEntry}`, minted],
  [`${enterpriseEntry}  accessKeySecretRef: alibaba-addon-secret\n`, minted],
  [`${enterpriseEntry}  customAccessKey: ${keyId}\n  customAccessKeySecret: ${keySecret}\n`, minted],
  [`${enterpriseEntry}  customAccessKey: ${keyId}\n  customAccessKeySecret: ${wrongSecret}\n`, notMinted],
  [`${enterpriseEntry}  customAccessKeySecret: ${keySecret}\n`, refused],
  [`${enterpriseEntry}  customAccesKeySecret: ${keySecret}\n`, refused],
  [`${enterpriseEntry}  customAccessKeySecret: [${keySecret}\n`, refused],
  [`${enterpriseEntry}  accessKeySecretRef: ${keySecret} in the wrong place\n`, refused],
] as const;

function configurationOf(entriesText: string) {
  return { 'acr-registry-info': entriesText, 'watch-namespace': 'team-a' };
}

describe('tokens, keys and passwords, whatever goes wrong, with the most talkative log', () => {
  let stage: Stage;
  let addOn: AddOn;
  const told: string[] = [];
  const secrets = new Set<string>([keySecret, wrongSecret]);

  beforeAll(async () => {
    stage = await startStage();
    await stage.kubectl.createNamespace('team-a');
    await stage.kubectl.createSecret('kube-system', 'alibaba-addon-secret', {
      'access-key-id': keyId,
      'access-key-secret': keySecret,
    });
    addOn = await stage.startReplica('--log-level', 'debug');
    secrets.add(bearerToken());
    for (const [text, outcome] of entries) {
      await meets([outcome], () => stage.kubectl.configure(configurationOf(text)));
    }
    await stage.cloud.setFault({ service: 'metadata', kind: 'malformed', times: 2 });
    for (const kind of ['error', 'throttle', 'reset', 'malformed'] as const) {
      await stage.cloud.setFault({ service: 'container-registry', kind, times: 2 });
    }
    const working = configurationOf(enterpriseEntry + personalEntry);
    await meets([notMinted, minted], () => stage.kubectl.configure(working));
    await addOn.stop();
    for (const { message, reason } of (await stage.kubectl.api.listEventForAllNamespaces()).items) {
      told.push(`${reason} ${message}`);
    }
  });

  afterAll(() => stage?.stop());

  /** Does something, waits for each of the words in the log, and keeps what is to be looked for and looked at. */
  async function meets(words: readonly string[], work: () => Promise<void>) {
    const before = addOn.output().length;
    await work();
    for (const word of words) {
      await waitUntil({ what: `the log says ${word}`, withinMs: 30_000 }, () =>
        addOn.output().slice(before).includes(word),
      );
    }
    const { auths } = JSON.parse(await stage.kubectl.awaitDockerConfig('team-a')) as {
      auths: Record<string, { password: string; auth: string }>;
    };
    for (const { password, auth } of Object.values(auths)) secrets.add(password).add(auth);
    for (const secret of await sessionOfNode()) secrets.add(secret);
    for (const path of ['healthz', 'readyz']) told.push(await addOn.health(path));
  }

  /** The temporary credentials that stand behind a mint; a fault may be on. */
  async function sessionOfNode(): Promise<string[]> {
    const path = '/latest/meta-data/ram/security-credentials/KubernetesWorkerRole';
    const answer = await fetch(new URL(path, stage.cloud.metadataUrl));
    const text = await answer.text();
    return [...text.matchAll(/"(?:AccessKeySecret|SecurityToken)"\s*:\s*"([^"]+)"/g)].flatMap(
      ([, value]) => value ?? [],
    );
  }

  function bearerToken(): string {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(addOn.kubeConfigFile);
    return kubeConfig.getCurrentUser()?.token ?? '';
  }

  it('were there to be told: several logins and every kind of failure', () => {
    expect(secrets.size).toBeGreaterThan(8);
    expect([...secrets].every((secret) => secret.length > 10)).toBe(true);
    for (const reason of ['LoginNotMinted', 'ConfigurationProblem']) {
      expect(told.some((line) => line.startsWith(reason))).toBe(true);
    }
    const output = addOn.output();
    for (const code of [
      'CLOUD_THROTTLED',
      'CLOUD_UNREACHABLE',
      'CLOUD_MALFORMED',
      'METADATA_MALFORMED',
      'SignatureDoesNotMatch',
    ]) {
      expect(output).toContain(code);
    }
  });

  it('are in no log, event or health page', () => {
    const everything = [addOn.output(), ...told].join('\n');
    const encoded = [...secrets].map((secret) => Buffer.from(secret).toString('base64'));
    const found = [...secrets, ...encoded].filter((secret) => everything.includes(secret));
    expect(found).toEqual([]);
  });
});
