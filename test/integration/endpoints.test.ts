import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueAuthority, issueServerCertificate } from '../../sandbox/certificates/issue-certificate.ts';
import type { Account } from '../../sandbox/world/account.ts';
import { startAddOn, type AddOn } from '../real-parts/add-on.ts';
import { makeDirectory, removeDirectory, startProgram } from '../real-parts/guardian.ts';
import { operatorsCommand } from '../real-parts/operators-command.ts';
import { startRecordingProxy, type RecordingProxy } from '../real-parts/recording-proxy.ts';
import { enterpriseEntry, personalEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const password = 'p@ss-of-the-proxy';
/** Metadata service, STS and Container Registry are all needed for a login by this one. */
const assumingEntry = `${enterpriseEntry}  assumeRoleARN: acs:ram::1000000000000001:role/assumed\n`;
const namespace = 'team-a';

/** Where it is not said otherwise, none of what usually leads the add-on to the cloud on this machine. */
const unset = { HTTPS_PROXY: '', NO_PROXY: '', NODE_EXTRA_CA_CERTS: '' };

/** The node's role may assume one more, which may pull. */
function withAssumedRole(account: Account): Account {
  if (account.name !== 'registry-owner') return account;
  const [nodeRole, ...others] = account.roles;
  if (nodeRole === undefined) throw new Error('the example world has a node role');
  const Principal = { RAM: [`acs:ram::${account.uid}:root`] };
  const assumed: typeof nodeRole = {
    ...nodeRole,
    name: 'assumed',
    trustPolicy: { Version: '1', Statement: [{ Effect: 'Allow', Action: ['sts:AssumeRole'], Principal }] },
  };
  const policies = [...nodeRole.policies, 'AliyunSTSAssumeRoleAccess'];
  return { ...account, roles: [{ ...nodeRole, policies }, ...others, assumed] };
}

/** What it has logged when this is there. */
async function logWith(started: AddOn, text: string): Promise<string> {
  await waitUntil({ what: `the log says: ${text}`, withinMs: 40_000 }, () => started.output().includes(text));
  return started.output();
}

describe('the add-on, behind a company’s proxy', () => {
  let stage: Stage;
  let directory: string;
  let plain: RecordingProxy;
  let secured: RecordingProxy;
  let bundle: string;
  let addOn: AddOn | undefined;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    await stage.cloud.replaceAccounts((await stage.cloud.accounts()).map(withAssumedRole));
    directory = await makeDirectory('acr-endpoints-');
    plain = await startRecordingProxy({ upstream: stage.cloud.proxyUrl });
    const authority = await issueAuthority(Date.now());
    secured = await startRecordingProxy({
      upstream: stage.cloud.proxyUrl,
      login: `somebody:${password}`,
      certificate: await issueServerCertificate(authority, 'localhost', Date.now()),
    });
    bundle = join(directory, 'bundle.pem');
    writeFileSync(bundle, `${readFileSync(stage.cloud.caFile, 'utf8')}${authority.certificatePem}`);
    await stage.kubectl.configure({
      'acr-registry-info': assumingEntry + personalEntry,
      'watch-namespace': namespace,
    });
  });

  afterAll(async () => {
    await Promise.all([plain?.stop(), secured?.stop(), stage?.stop()]);
    if (directory !== undefined) await removeDirectory(directory);
  });

  beforeEach(async () => {
    await stage.kubectl.createNamespace(namespace).catch(() => undefined);
    plain.forget();
    secured.forget();
  });

  afterEach(async () => {
    await addOn?.stop();
    addOn = undefined;
    // The next one has to ask the cloud.
    const name = 'acr-credential-helper-state';
    await stage.kubectl.api.deleteNamespacedSecret({ namespace: 'kube-system', name }).catch(() => undefined);
  });

  /** Every variable that a client may take a proxy from, and none that spares it a host. */
  function everyVariable(): Record<string, string> {
    const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
    return {
      ...Object.fromEntries(names.map((name) => [name, plain.url])),
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: stage.cloud.caFile,
    };
  }

  async function start(variables: Record<string, string>, ...flags: string[]): Promise<AddOn> {
    const environment = { ...unset, ...variables };
    const kubeConfigFile = await stage.controlPlane.addOnKubeConfig();
    addOn = await startAddOn({ kubeConfigFile, cloud: stage.cloud, environment, flags });
    return addOn;
  }

  /** Waits for a new login of both entries. */
  async function mintsBoth(environment: Record<string, string>, ...flags: string[]): Promise<AddOn> {
    const before = await stage.cloud.mints();
    const started = await start(environment, ...flags);
    await waitUntil({ what: `both logins are minted\n${started.output()}`, withinMs: 40_000 }, async () => {
      return (await stage.cloud.mints()) >= before + 2;
    });
    return started;
  }

  it('asks over VPC endpoints for nothing else, and never for the API server or the metadata service', async () => {
    await mintsBoth(everyVariable(), '--endpoint-network=vpc');
    await stage.kubectl.awaitDockerConfig(namespace);
    expect(plain.asked()).toEqual([
      'cr-vpc.cn-hangzhou.aliyuncs.com:443',
      'sts-vpc.cn-hangzhou.aliyuncs.com:443',
    ]);
    const { counts } = await stage.cloud.calls();
    expect(Object.keys(counts)).toEqual(expect.arrayContaining([expect.stringMatching(/^metadata\./)]));
  });

  it('would be caught by that proxy if it heeded the variables', async () => {
    const running = await startProgram({
      file: process.execPath,
      options: ['--input-type=module', '--eval', `await fetch('${stage.cloud.metadataUrl}/latest/')`],
      environment: everyVariable(),
      logFile: join(directory, 'heeding.log'),
    });
    await running.finish(20_000);
    expect(plain.asked()).toEqual([expect.stringContaining(new URL(stage.cloud.metadataUrl).host)]);
  });

  it('passes a proxy that speaks TLS and asks for a password, with authorities from a file', async () => {
    const url = secured.url.replace('//', `//somebody:${encodeURIComponent(password)}@`);
    const started = await mintsBoth({ https_proxy: url }, `--ca-file=${bundle}`, '--log-level=debug');
    expect(secured.asked()).toEqual(['cr.cn-hangzhou.aliyuncs.com:443', 'sts.cn-hangzhou.aliyuncs.com:443']);
    expect(started.output()).not.toMatch(/p(@|%40)ss-of-the-proxy/);
  });

  it('asks at endpoints that flags and the official variables name', async () => {
    const environment = { ...everyVariable(), ALIBABA_CLOUD_STS_ENDPOINT: 'sts.cn-beijing.aliyuncs.com' };
    await mintsBoth(environment, '--container-registry-endpoint=cr-vpc.{region}.aliyuncs.com');
    expect(plain.asked()).toEqual(['cr-vpc.cn-hangzhou.aliyuncs.com:443', 'sts.cn-beijing.aliyuncs.com:443']);
  });

  it('tells that the proxy does not take the password, and never which', async () => {
    const wrong = secured.url.replace('//', '//somebody:wrong-password@');
    const started = await start({ HTTPS_PROXY: wrong }, `--ca-file=${bundle}`);
    const { host } = new URL(secured.url);
    const log = await logWith(started, `through the HTTPS proxy ${host}: the proxy answered HTTP 407`);
    expect(log).not.toContain('wrong-password');
  });

  it('tells whose certificate it does not trust, and how to', async () => {
    const started = await start({ HTTPS_PROXY: plain.url });
    const log = await logWith(started, 'name its authority with --ca-file');
    expect(log).toContain(`no answer from cr.cn-hangzhou.aliyuncs.com through the HTTPS proxy`);
  });

  it.each<[readonly string[], Record<string, string>, string]>([
    [['--ca-file=/no/such.pem'], {}, '--ca-file is "/no/such.pem", which cannot be read (ENOENT)'],
    [['--sts-endpoint=http://sts.example'], {}, '--sts-endpoint is "http://sts.example"; write'],
    [[], { HTTPS_PROXY: 'socks5://u:hush@proxy' }, 'the variable HTTPS_PROXY holds'],
    [[], { NODE_EXTRA_CA_CERTS: '/no/such.pem' }, 'the variable NODE_EXTRA_CA_CERTS is "/no/such.pem"'],
    [[], { ALIBABA_CLOUD_STS_REGION: 'a/b' }, 'the variable ALIBABA_CLOUD_STS_REGION is "a/b"; write'],
  ])('does not start with %j and %j', async (flags, environment, told) => {
    const kubeconfig = `--kubeconfig=${await stage.controlPlane.addOnKubeConfig()}`;
    const metadata = `--metadata-endpoint=${stage.cloud.metadataUrl}`;
    const command = ['controller', kubeconfig, metadata, ...flags];
    const { exitCode, output } = await operatorsCommand(command, environment);
    expect(output).toContain(`FLAGS_INVALID: ${told}`);
    expect(output).not.toContain('hush');
    expect(exitCode).toBe(1);
  });
});
