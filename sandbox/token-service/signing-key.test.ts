import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSigningKey } from './signing-key.ts';

let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sandbox-signing-key-'));
});

afterEach(() => rm(stateDir, { recursive: true }));

test('registries get the public key only, by its id', async () => {
  const { keyId, jwksFile } = await openSigningKey(stateDir);
  const { keys } = JSON.parse(await readFile(jwksFile, 'utf8')) as { keys: Record<string, unknown>[] };
  expect(keys).toHaveLength(1);
  expect(keys[0]).toMatchObject({ kid: keyId, kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
  expect(keys[0]).not.toHaveProperty('d');
});

test('the key survives a restart, and is for its owner only', async () => {
  const first = await openSigningKey(stateDir);
  expect((await openSigningKey(stateDir)).keyId).toBe(first.keyId);
  expect((await stat(join(stateDir, 'token-service.key'))).mode & 0o777).toBe(0o600);
});

test('a damaged key is not replaced behind the back of registries that know it', async () => {
  await writeFile(join(stateDir, 'token-service.key'), 'half');
  await expect(openSigningKey(stateDir)).rejects.toThrow('DECODER');
});
