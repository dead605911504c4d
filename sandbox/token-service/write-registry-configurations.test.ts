import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exampleWorld } from '../testing/example-world.ts';
import { writeRegistryConfigurations } from './write-registry-configurations.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

it('leaves a configuration for the registry of each instance, with images apart', async () => {
  const jwksFile = join(stateDir, 'jwks.json');
  await writeRegistryConfigurations(await exampleWorld(), { stateDir, jwksFile });
  const directory = join(stateDir, 'registries');
  const names = (await readdir(directory)).toSorted();
  expect(names).toEqual(['cri-sandbox00000001.yaml', 'personal-cn-hangzhou.yaml']);
  const written: unknown[] = await Promise.all(
    names.map(async (name) => parse(await readFile(join(directory, name), 'utf8'))),
  );
  expect(written).toMatchObject([
    {
      http: { addr: '127.0.0.1:5001' },
      storage: { filesystem: { rootdirectory: join(directory, 'cri-sandbox00000001') } },
      auth: { token: { jwks: jwksFile } },
    },
    {
      http: { addr: '127.0.0.1:5002' },
      storage: { filesystem: { rootdirectory: join(directory, 'personal-cn-hangzhou') } },
    },
  ]);
});
