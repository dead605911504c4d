import { createHash } from 'node:crypto';
import { existsSync, createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** The hash of a file's content, or undefined where there is no such file. */
export async function hashOf(
  file: string,
  algorithm: 'sha256' | 'sha512',
  encoding: 'hex' | 'base64',
): Promise<string | undefined> {
  if (!existsSync(file)) return undefined;
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest(encoding);
}
