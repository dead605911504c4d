import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Failure } from '../failures/failure.ts';

const certificate = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/**
 * The certificates of a PEM bundle. Throws FLAGS_INVALID, naming `source` (a flag or a variable), the file, what is
 * wrong with it and what to write.
 */
export function readAuthorities(source: string, file: string): readonly string[] {
  const pems: readonly string[] = textOf(source, file).match(certificate) ?? [];
  if (pems.length === 0) throw unusable(source, file, 'in which there is no certificate');
  for (const [index, pem] of pems.entries()) {
    if (!isReadable(pem)) throw unusable(source, file, `whose certificate no. ${index + 1} cannot be read`);
  }
  return pems;
}

function textOf(source: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown trouble';
    throw unusable(source, file, `which cannot be read (${code})`);
  }
}

function isReadable(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function unusable(source: string, file: string, what: string): Failure {
  const wanted = 'write a file of certificates in PEM form (-----BEGIN CERTIFICATE-----)';
  return new Failure('FLAGS_INVALID', `${source} is "${file}", ${what}; ${wanted}`);
}
