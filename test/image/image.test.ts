import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleImage } from '../../image/build-image.ts';
import { architectures } from '../../image/debian-lock.ts';
import { gatherParts, type ImageParts } from '../../image/image-parts.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { startAddOn } from '../real-parts/add-on.ts';
import { freePort } from '../real-parts/free-port.ts';
import { makeDirectory, type RunningProgram } from '../real-parts/guardian.ts';
import { programFile } from '../real-parts/program-file.ts';
import { startRegistry } from '../real-parts/registry.ts';
import { enterpriseEntry, startStage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { confined, whyNotConfined } from './confinement.ts';
import { listArchive, unpackArchive } from './root-archive.ts';

const execute = promisify(execFile);
const noConfinement = await whyNotConfined();
const ownArchitecture = process.arch === 'x64' ? 'amd64' : 'arm64';
const elfMachines = { amd64: 62, arm64: 183 };

// Everything that may be in it.
const expectedFiles = [
  /^app\/acr-credential-helper\.mjs$/,
  /^usr\/bin\/node$/,
  /^(?:usr\/)?lib(?:64)?\/(?:[\w-]+\/)?(?:ld-linux-[\w-]+|lib(?:c|dl|m|pthread|gcc_s|stdc\+\+))\.so[.\d]+$/,
  /^etc\/(?:debian_version|group|nsswitch\.conf|os-release|passwd)$/,
  /^usr\/lib\/os-release$/,
  /^usr\/share\/(?:doc|common-licenses)\//,
  /^var\/lib\/dpkg\/status\.d\/[\w+-]+$/,
];
const expectedPrograms = /^(?:usr\/bin\/node|lib\/[\w-]+\/(?:ld-linux-[\w-]+|libc)\.so\.\d)$/;
const patienceMs = 600_000;

interface ImageConfig {
  readonly architecture: string;
  readonly created: string;
  readonly config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
}

interface Manifest {
  readonly manifests: readonly { readonly digest: string; readonly artifactType?: string }[];
  readonly layers: readonly { readonly digest: string }[];
}

interface Bill {
  readonly metadata: { readonly component: { readonly purl: string } };
  readonly components: readonly { readonly purl?: string }[];
}

// Elsewhere apt does not know Debian's mirrors.
const isDebian =
  existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));

describe.skipIf(!isDebian)(`the image${isDebian ? '' : ' (skipped: it is built on Debian)'}`, () => {
  let directory: string;
  let parts: ImageParts;
  let registry: RunningProgram;
  let repository: string;
  let reference: string;

  const crane = async (...options: string[]) =>
    (await execute(programFile('crane'), options, { timeout: patienceMs, maxBuffer: 64 * 1024 * 1024 }))
      .stdout;
  const manifestOf = async (name: string) => JSON.parse(await crane('manifest', name)) as Manifest;
  const configOf = async (architecture: string) =>
    JSON.parse(await crane('config', `--platform=linux/${architecture}`, reference)) as ImageConfig;
  const archiveOf = (architecture: string) => join(directory, `${architecture}.tar`);
  const billOf = (architecture: string) => join(directory, 'image', `sbom.${architecture}.cdx.json`);

  beforeAll(async () => {
    directory = await makeDirectory('acr-image-test-');
    parts = await gatherParts(join(directory, 'bundle'));
    await assembleImage(parts, join(directory, 'image'));
    const address = `127.0.0.1:${await freePort()}`;
    registry = await startRegistry({
      directory,
      name: 'registry',
      url: `http://${address}`,
      configuration: JSON.stringify({
        version: '0.1',
        storage: { filesystem: { rootdirectory: join(directory, 'storage') } },
        http: { addr: address },
      }),
    });
    repository = `${address}/acr-credential-helper`;
    reference = `${repository}:test`;
    await crane('push', join(directory, 'image/layout'), reference);
    for (const architecture of architectures) {
      await crane('export', `--platform=linux/${architecture}`, reference, archiveOf(architecture));
    }
  }, patienceMs);

  afterAll(() => registry?.stop());

  it(
    'is the same bytes each time',
    async () => {
      await assembleImage(parts, join(directory, 'again'));
      expect(hashesIn(join(directory, 'again'))).toEqual(hashesIn(join(directory, 'image')));
    },
    patienceMs,
  );

  it.each(architectures)(
    'for %s says what it is, and starts the program without a shell',
    async (architecture) => {
      const { architecture: stated, created, config } = await configOf(architecture);
      expect(stated).toBe(architecture);
      expect(created).toBe(parts.created.replace('.000Z', 'Z'));
      expect(config.User).toBe('65532:65532');
      expect(config.Entrypoint).toEqual(['/usr/bin/node', '/app/acr-credential-helper.mjs']);
      expect(config.Cmd).toBeUndefined();
      expect(config.Labels).toMatchObject({
        'org.opencontainers.image.title': packageJson.name,
        'org.opencontainers.image.version': packageJson.version,
        'org.opencontainers.image.revision': parts.revision,
        'org.opencontainers.image.licenses': 'Apache-2.0',
      });
    },
  );

  it.each(architectures)('for %s has no shell, and no file beyond what Node needs', async (architecture) => {
    const listed = (await listArchive(archiveOf(architecture))).filter(({ mode }) => !mode.startsWith('d'));
    const unexpected = listed.filter(({ path }) => !expectedFiles.some((expected) => expected.test(path)));
    expect(unexpected).toEqual([]);
    const programs = listed.filter(({ mode }) => mode.startsWith('-') && mode.includes('x'));
    expect(programs.filter(({ path }) => !expectedPrograms.test(path))).toEqual([]);
    expect(programs.map(({ path }) => path)).toContain('usr/bin/node');
  });

  it.each(architectures)('for %s has layers that tar unpacks without a complaint', async (architecture) => {
    const digest = (await crane('digest', `--platform=linux/${architecture}`, reference)).trim();
    const { layers } = await manifestOf(`${repository}@${digest}`);
    const blobs = layers.map((layer) =>
      join(directory, 'image/layout/blobs', layer.digest.replace(':', '/')),
    );
    const answers = await Promise.all(blobs.map((blob) => execute('tar', ['-tzf', blob])));
    expect(answers.map(({ stderr }) => stderr)).toEqual(['', '', '']);
  });

  it.each(architectures)('for %s belongs to root, and nobody else can write to it', async (architecture) => {
    for (const { path, mode, owner } of await listArchive(archiveOf(architecture))) {
      expect(`${path} ${owner}`).toBe(`${path} 0/0`);
      // What a symbolic link allows means nothing.
      expect(`${path} ${mode}`).toMatch(/ (?:[-d]rw[-x]r-[-x]r-[-x]|lrwxrwxrwx)$/);
    }
  });

  it.each(architectures)('for %s has only programs of that machine', async (architecture) => {
    const root = await unpackArchive(archiveOf(architecture), join(directory, `machine-${architecture}`));
    const machines = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
      .filter((content) => content.subarray(0, 4).equals(Buffer.from('\u007fELF', 'latin1')))
      .map((content) => content.readUInt16LE(18));
    expect(machines.length).toBeGreaterThan(6);
    expect(new Set(machines)).toEqual(new Set([elfMachines[architecture]]));
  });

  it.each(architectures)('for %s has a valid bill of all that is in it', async (architecture) => {
    const { stdout: module } = await execute(
      'go',
      ['list', '-m', '-f', '{{.Dir}}', 'github.com/CycloneDX/cyclonedx-go'],
      { cwd: new URL('../../tools/image', import.meta.url) },
    );
    await execute(programFile('validate-sbom'), [join(module.trim(), 'schema'), billOf(architecture)]);
    const bill = JSON.parse(readFileSync(billOf(architecture), 'utf8')) as Bill;
    const digest = (await crane('digest', `--platform=linux/${architecture}`, reference)).trim();
    expect(bill.metadata.component.purl).toContain(`@${encodeURIComponent(digest)}?arch=${architecture}`);
    const stated = bill.components.map(({ purl }) => purl);
    for (const { name, version } of parts.packages) {
      expect(stated).toContain(`pkg:npm/${name.replace('@', '%40')}@${version}`);
    }
    expect(stated).toContainEqual(expect.stringMatching(/^pkg:npm\/node-linux-.+@24\./));
    expect(stated).toContainEqual(
      expect.stringMatching(`^pkg:deb/debian/libc6@.+arch=${architecture}&distro=debian-12$`),
    );
  });

  it.each(architectures)('for %s is found by its digest together with its bill', async (architecture) => {
    const digest = (await crane('digest', `--platform=linux/${architecture}`, reference)).trim();
    // Where a registry does not list referrers, this is where clients look (OCI distribution spec 1.1).
    const { manifests } = await manifestOf(`${repository}:${digest.replace(':', '-')}`);
    expect(manifests).toMatchObject([{ artifactType: 'application/vnd.cyclonedx+json' }]);
    const { layers } = await manifestOf(`${repository}@${manifests[0]?.digest}`);
    expect(await crane('blob', `${repository}@${layers[0]?.digest}`)).toBe(
      readFileSync(billOf(architecture), 'utf8'),
    );
  });

  it('is not made where Node would not start in it', async () => {
    const platforms = parts.platforms.map((platform) => ({
      ...platform,
      debian: platform.debian.filter((locked) => locked.package !== 'libstdc++6'),
    }));
    await expect(assembleImage({ ...parts, platforms }, join(directory, 'broken'))).rejects.toThrow(
      'needs libstdc++.so.6, which no package has',
    );
  });

  it('is not made with the Node of another machine', async () => {
    const [one, other] = parts.platforms;
    const platforms = one && other ? [{ ...one, node: other.node }] : [];
    await expect(assembleImage({ ...parts, platforms }, join(directory, 'broken'))).rejects.toThrow(
      'node is for EM_AARCH64, not EM_X86_64',
    );
  });

  describe.skipIf(noConfinement !== undefined)(
    `run as its user, with a read-only root${noConfinement === undefined ? '' : ` (${noConfinement})`}`,
    () => {
      let root: string;
      let outside: string;
      let entrypoint: readonly string[];

      beforeAll(async () => {
        root = await unpackArchive(archiveOf(ownArchitecture), join(directory, 'root'));
        outside = join(directory, 'outside');
        mkdirSync(outside);
        entrypoint = (await configOf(ownArchitecture)).config.Entrypoint;
      });

      const run = async (command: readonly string[]) => {
        const [file, ...options] = confined(root, outside, command);
        return (await execute(file, options, { timeout: 60_000 })).stdout.trim();
      };

      it('knows its version', async () => {
        expect(await run([...entrypoint, '--version'])).toBe(packageJson.version);
      });

      it('is nobody in particular, and can write nowhere', async () => {
        const attempt = `
          const { writeFileSync } = require('node:fs');
          const codes = ['/x', '/app/x', '/tmp/x', '/etc/passwd'].map((file) => {
            try { writeFileSync(file, ''); return 'written'; } catch ({ code }) { return code; }
          });
          console.log(process.getuid(), process.getgid(), ...codes);`;
        expect(await run(['/usr/bin/node', '-e', attempt])).toMatch(
          /^65532 65532 (?:EROFS|EACCES) (?:EROFS|EACCES) ENOENT (?:EROFS|EACCES)$/,
        );
      });

      it(
        'serves a namespace of a real cluster',
        async () => {
          const stage = await startStage();
          try {
            lendFile(await stage.controlPlane.addOnKubeConfig(), join(outside, 'kubeconfig'));
            lendFile(stage.cloud.caFile, join(outside, 'ca.pem'));
            const addOn = await startAddOn({
              kubeConfigFile: '/outside/kubeconfig',
              cloud: { ...stage.cloud, caFile: '/outside/ca.pem' },
              command: confined(root, outside, entrypoint),
            });
            await stage.kubectl.createNamespace('team-a');
            await stage.kubectl.configure({
              'acr-registry-info': enterpriseEntry,
              'watch-namespace': 'team-a',
            });
            // The pull secret is there, and empty, before a login that takes its time.
            await waitUntil({ what: 'the login is there', withinMs: 60_000 }, async () => {
              const config = await stage.kubectl.dockerConfig('team-a');
              return config?.includes('acme-registry.cn-hangzhou.cr.aliyuncs.com') ?? false;
            });
            expect(await addOn.stop()).toEqual({ exitCode: 0, signal: null });
          } finally {
            await stage.stop();
          }
        },
        patienceMs,
      );
    },
  );
});

/** Copies a file to where the image's user can read it. */
function lendFile(file: string, target: string): void {
  copyFileSync(file, target);
  chownSync(target, 65532, 65532);
}

function hashesIn(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return [file.slice(directory.length), createHash('sha256').update(readFileSync(file)).digest('hex')];
      }),
  );
}
