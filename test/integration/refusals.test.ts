import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../../sandbox/world/account.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { awaitNotMinted } from '../real-parts/not-minted.ts';
import { RamConsole } from '../real-parts/ram-console.ts';
import { byRrsa, chainEntry, crossAccountWorld, enableRrsa, roles } from '../real-parts/rrsa.ts';
import {
  enterpriseEntry,
  enterpriseImage,
  personalEntry,
  startStage,
  type Stage,
} from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import {
  namedProvider,
  pasteIntoPolicies,
  pasteIntoTrustPolicy,
  printedClientId,
  printedIssuer,
  setMaxSessionDuration,
} from './printed-mend.ts';

const account = { namespace: 'kube-system', name: 'aliyun-acr-credential-helper' };
const audience = 'sts.aliyuncs.com';
const clusterUid = '2000000000000002';
const ownerUid = '1000000000000001';
const clusterRole = 'demo-role-for-rrsa';
const ownerRole = 'test-rrsa-acr';
const providerName = 'ack-rrsa-sandbox';
const registryHost = enterpriseImage.slice(0, enterpriseImage.indexOf('/'));
/** A failed attempt is repeated after a minute at most. */
const healing = 90_000;

interface Trouble {
  readonly cause: string;
  /** What is wrong at RAM. */
  readonly atRam?: (ram: RamConsole) => void;
  /** The instance's entry, where that is wrong. */
  readonly entry?: string;
  /** What the token's file holds, where that is wrong. */
  readonly token?: (stage: Stage) => Promise<string>;
  /** What is read in the Event. */
  readonly reads: RegExp;
  /** Does what the Event says. */
  readonly mend: Mend;
}

type Mend =
  | { readonly kind: 'at RAM'; readonly as: (ram: RamConsole, text: string) => void }
  | { readonly kind: 'RRSA enabled' }
  | { readonly kind: 'entry'; readonly to: string }
  | { readonly kind: 'token' };

function goodToken({ kubectl }: Stage): Promise<string> {
  return kubectl.tokenOf(account, audience);
}

/** As the API server signed it two hours ago. */
async function agedToken(stage: Stage): Promise<string> {
  const token = await goodToken(stage);
  const { iat = 0, nbf = 0, exp = 0, ...claims } = decodeJwt(token);
  const { alg = '', kid = '' } = decodeProtectedHeader(token);
  const earlier = { iat: iat - 7_200, nbf: nbf - 7_200, exp: exp - 7_200 };
  const signed = new SignJWT({ ...claims, ...earlier }).setProtectedHeader({ alg, kid });
  return await signed.sign(stage.controlPlane.signingKey());
}

const troubles: readonly Trouble[] = [
  {
    cause: 'the provider is for another issuer',
    atRam: (ram) => {
      ram.provider(providerName, clusterUid).issuerUrl = 'https://issuer.example/another-cluster';
    },
    reads: /OIDC provider ack-rrsa-sandbox of account 2000000000000002 is for another issuer/,
    mend: {
      kind: 'at RAM',
      as: (ram, text) => {
        const { name, uid } = namedProvider(text);
        ram.provider(name, uid).issuerUrl = printedIssuer(text);
      },
    },
  },
  {
    cause: 'the provider is for another audience',
    atRam: (ram) => {
      ram.provider(providerName, clusterUid).clientIds = ['kubernetes'];
    },
    reads: /has no client id sts\.aliyuncs\.com, which the token is for \(aud\)/,
    mend: {
      kind: 'at RAM',
      as: (ram, text) => {
        const { name, uid } = namedProvider(text);
        ram.provider(name, uid).clientIds.push(printedClientId(text));
      },
    },
  },
  {
    cause: 'the token is for another audience',
    token: ({ kubectl }) => kubectl.tokenOf(account, 'kubernetes'),
    reads: /has no client id kubernetes, .*Project a token for sts\.aliyuncs\.com/,
    mend: { kind: 'token' },
  },
  {
    cause: 'the token is expired',
    token: agedToken,
    reads: /the OIDC token has expired \(exp\)\. See that the kubelet renews the file/,
    mend: { kind: 'token' },
  },
  {
    cause: 'there is no such provider',
    atRam: (ram) => {
      ram.account(clusterUid).oidcProviders = [];
    },
    reads: /there is no OIDC provider ack-rrsa-sandbox of account 2000000000000002\. Enable RRSA/,
    mend: { kind: 'RRSA enabled' },
  },
  {
    cause: 'the provider has the fingerprint of another certificate',
    atRam: (ram) => {
      ram.provider(providerName, clusterUid).fingerprints = ['0'.repeat(40)];
    },
    reads: /has no fingerprint of the certificate of the token’s issuer \(iss\)/,
    mend: { kind: 'RRSA enabled' },
  },
  {
    cause: 'the trust policy is for the subject of another namespace',
    atRam: (ram) => reword(ram, clusterRole, 'kube-system', 'acr-system'),
    reads: /the cloud does not tell why.*\(1\) the trust policy of role demo-role-for-rrsa .*kube-system/,
    mend: { kind: 'at RAM', as: pasteIntoTrustPolicy },
  },
  {
    cause: 'the trust policy of the owner’s role is for another role',
    atRam: (ram) => reword(ram, ownerRole, clusterRole, 'another-role'),
    reads: /the trust policy of role test-rrsa-acr of account 1000000000000001 does not name role demo-role/,
    mend: { kind: 'at RAM', as: pasteIntoTrustPolicy },
  },
  {
    cause: 'the cluster’s role may assume no other',
    atRam: (ram) => {
      ram.role(clusterRole).policies = [];
    },
    reads: /role demo-role-for-rrsa of account 2000000000000002 lacks sts:AssumeRole on role test-rrsa-acr/,
    mend: { kind: 'at RAM', as: pasteIntoPolicies },
  },
  {
    cause: 'the cluster’s role may assume no other, and the cloud does not tell that',
    atRam: (ram) => {
      ram.account(ownerUid).stsDetails = 'none';
      ram.role(clusterRole).policies = [];
    },
    reads:
      /role demo-role-for-rrsa \S+ \S+ \d+ could not assume .*the cloud does not tell why.*\(1\) role demo-role-for-rrsa of account 2000000000000002 lacks sts:AssumeRole.*\(2\) the trust policy of role test-rrsa-acr/,
    mend: { kind: 'at RAM', as: pasteIntoPolicies },
  },
  {
    cause: 'the trust policy is for another subject, and the cloud tells that it is the trust policy',
    atRam: (ram) => {
      ram.account(clusterUid).stsDetails = 'all';
      reword(ram, clusterRole, 'kube-system', 'acr-system');
    },
    reads:
      /: CLOUD_\w+: the trust policy of role demo-role-for-rrsa of account 2000000000000002 does not let in/,
    mend: { kind: 'at RAM', as: pasteIntoTrustPolicy },
  },
  {
    cause: 'the owner’s role may not use Container Registry',
    atRam: (ram) => {
      ram.role(ownerRole).policies = [];
    },
    reads: /role test-rrsa-acr of account 1000000000000001 lacks cr:ListInstanceEndpoint/,
    mend: { kind: 'at RAM', as: pasteIntoPolicies },
  },
  {
    cause: 'a Deny forbids the owner’s role a login',
    atRam: (ram) => {
      ram.permit(ownerUid, ownerRole, { Effect: 'Deny', Action: 'cr:GetAuthorizationToken', Resource: '*' });
    },
    reads:
      /a Deny statement .* forbids role test-rrsa-acr of account 1000000000000001 cr:GetAuthorizationToken/,
    mend: {
      kind: 'at RAM',
      as: (ram) => {
        ram.role(ownerRole).policies.pop();
      },
    },
  },
  {
    cause: 'the instance is of another account',
    entry: enterpriseEntry + byRrsa(roles.ownImages),
    reads:
      /no cri-sandbox00000001 in cn-hangzhou.*is of another account than 2000000000000002\. .*\(assumeRoleARN\)/,
    mend: { kind: 'entry', to: chainEntry },
  },
  {
    cause: 'the instance is in another region',
    entry: chainEntry.replace('cn-hangzhou', 'cn-beijing'),
    reads: /\(1\) it is in another region than cn-beijing\. Write that region into its entry \(regionId\)/,
    mend: { kind: 'entry', to: chainEntry },
  },
  {
    cause: 'the session is longer than the owner’s role allows',
    entry: `${chainEntry}  expireDuration: 7200\n`,
    reads: /a session of 7200 seconds is longer than role test-rrsa-acr of account 1000000000000001 allows/,
    mend: { kind: 'at RAM', as: setMaxSessionDuration },
  },
];

function reword(ram: RamConsole, roleName: string, from: string, to: string): void {
  const role = ram.role(roleName);
  const text = JSON.stringify(role.trustPolicy).replaceAll(from, to);
  role.trustPolicy = JSON.parse(text) as typeof role.trustPolicy;
}

const whySkipped = noControlOfCluster === undefined ? '' : ` (skipped: ${noControlOfCluster})`;

describe.skipIf(noControlOfCluster !== undefined)(
  `What an Event says of a refusal, done as it says, lets the login be had${whySkipped}`,
  () => {
    let stage: Stage;
    let directory: string;
    let good: readonly Account[];
    let namespaces = 0;

    beforeAll(async () => {
      directory = await makeDirectory('acr-projected-token-');
      stage = await startStage({
        timeScale: 1,
        worldFile: crossAccountWorld,
        environment: { ALIBABA_CLOUD_OIDC_TOKEN_FILE: join(directory, 'token') },
      });
      await enableRrsa(stage.cloud, stage.controlPlane.address);
      good = await stage.cloud.accounts();
      await stage.cloud.publish(enterpriseImage);
      await stage.startReplica();
    });

    afterAll(async () => {
      await stage?.stop();
      await removeDirectory(directory);
    });

    /** As the kubelet does it: never half a file. */
    async function project(token: (stage: Stage) => Promise<string>): Promise<void> {
      const file = join(directory, 'token');
      writeFileSync(`${file}.new`, await token(stage));
      renameSync(`${file}.new`, file);
    }

    async function configure(namespace: string, entries: string): Promise<void> {
      const settings = { rrsa: 'enable: true', 'watch-namespace': namespace };
      await stage.kubectl.configure({ ...settings, 'acr-registry-info': entries });
    }

    /** A namespace with a pull secret that has no login of the instance, nor has the add-on itself. */
    async function freshNamespace(): Promise<string> {
      const namespace = `team-${namespaces++}`;
      await stage.kubectl.createNamespace(namespace);
      await configure(namespace, personalEntry);
      const held = await stage.kubectl.awaitDockerConfig(namespace);
      expect(held).not.toContain(registryHost);
      return namespace;
    }

    async function changeRam(change: (ram: RamConsole) => void): Promise<void> {
      const ram = new RamConsole(await stage.cloud.accounts());
      change(ram);
      await stage.cloud.replaceAccounts(ram.accounts);
    }

    async function mend(mend: Mend, text: string, namespace: string): Promise<void> {
      switch (mend.kind) {
        case 'at RAM':
          return changeRam((ram) => mend.as(ram, text));
        case 'RRSA enabled':
          await stage.cloud.replaceAccounts(good);
          return enableRrsa(stage.cloud, stage.controlPlane.address);
        case 'entry':
          return configure(namespace, mend.to);
        case 'token':
          return project(goodToken);
      }
    }

    it.each(troubles)('$cause', { timeout: 240_000 }, async ({ atRam, entry, token, reads, ...trouble }) => {
      await stage.cloud.replaceAccounts(good);
      const namespace = await freshNamespace();
      await project(token ?? goodToken);
      await changeRam(atRam ?? (() => undefined));
      await configure(namespace, entry ?? chainEntry);

      const text = await awaitNotMinted(stage.kubectl, reads, healing);
      expect(await stage.kubectl.dockerConfig(namespace)).not.toContain(registryHost);
      await mend(trouble.mend, text, namespace);

      const dockerConfig = await waitUntil({ what: 'the login is there', withinMs: healing }, async () => {
        const held = await stage.kubectl.dockerConfig(namespace);
        return held?.includes(registryHost) === true && held;
      });
      expect(await stage.cloud.pull(enterpriseImage, dockerConfig)).toMatchObject({ kind: 'pulled' });
    });

    it('puts no token into an Event or the log', async () => {
      const tokens = [await goodToken(stage)].map((token) => token.split('.')[0] ?? '');
      const { items } = await stage.kubectl.api.listNamespacedEvent({ namespace: 'kube-system' });
      const told = [
        ...items.map(({ message }) => message ?? ''),
        ...stage.replicas.map((one) => one.output()),
      ];
      expect(told.join('\n')).toContain('The token has');
      for (const header of tokens) expect(told.join('\n')).not.toContain(header);
    });
  },
);
