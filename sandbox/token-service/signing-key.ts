import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { writeWholeFile } from '../certificates/write-whole-file.ts';

export const signatureAlgorithm = 'ES256';

/** The key that bearer tokens are signed with, and the file by which registries know it. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly keyId: string;
  /** JSON Web Key Set (RFC 7517): `auth.token.jwks` of a registry's configuration, which reads it once, at start. */
  readonly jwksFile: string;
}

/**
 * Takes `token-service.key` from the state directory, or makes one where there is none, so that registries that
 * run on go on trusting a restarted sandbox. Throws what the file system throws, and an Error for a damaged file.
 */
export async function openSigningKey(stateDir: string): Promise<SigningKey> {
  await mkdir(stateDir, { recursive: true });
  const privateKey = await openPrivateKey(join(stateDir, 'token-service.key'));
  const jwk = await exportJWK(createPublicKey(privateKey));
  const keyId = await calculateJwkThumbprint(jwk);
  const jwksFile = join(stateDir, 'token-service.jwks.json');
  const keys = [{ ...jwk, kid: keyId, use: 'sig', alg: signatureAlgorithm }];
  await writeWholeFile(jwksFile, `${JSON.stringify({ keys }, undefined, 2)}\n`, 0o644);
  return { privateKey, keyId, jwksFile };
}

async function openPrivateKey(file: string): Promise<KeyObject> {
  const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stored !== undefined) return createPrivateKey(stored);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeWholeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  return privateKey;
}
