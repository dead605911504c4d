import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuthorities } from './certificate-authorities.ts';

const [one = '', other = ''] = rootCertificates;
const cut = one.replace(/\n.*\n-----END/, '\n-----END');

describe('a bundle of certificate authorities', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'authorities-'))));
  afterAll(() => rm(folder, { recursive: true }));

  async function bundle(text: string): Promise<string> {
    const file = join(folder, 'bundle.pem');
    await writeFile(file, text);
    return file;
  }

  it('is read with what people write between the certificates, and Windows line ends', async () => {
    const file = await bundle(`# ours\r\n${one.replaceAll('\n', '\r\n')}\r\n# theirs\r\n${other}`);
    const read = readAuthorities('--ca-file', file);
    expect(read.map((pem) => pem.replaceAll('\r', ''))).toEqual([one.trim(), other.trim()]);
  });

  it.each([
    ['', 'in which there is no certificate'],
    ['-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n', 'in which there is no certificate'],
    [`${one}\n${cut}`, 'whose certificate no. 2 cannot be read'],
  ])('is refused where it cannot be used', async (text, why) => {
    const file = await bundle(text);
    expect(() => readAuthorities('--ca-file', file)).toThrow(`--ca-file is "${file}", ${why}; write a file`);
  });

  it('is refused where it is not there', () => {
    const file = join(folder, 'absent.pem');
    expect(() => readAuthorities('the variable NODE_EXTRA_CA_CERTS', file)).toThrow(
      `the variable NODE_EXTRA_CA_CERTS is "${file}", which cannot be read (ENOENT); write a file`,
    );
  });
});
