import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { VirtualClock } from '../../runtime/virtual-clock.ts';
import { followCertificateFiles, readCertificateFiles } from './certificate-files.ts';
import { makeCertificate, type ServingCertificate } from './make-certificate.ts';

describe('a certificate of somebody else', () => {
  let one: ServingCertificate;
  let other: ServingCertificate;
  let directory: string;
  let stop: AbortController;
  const names = () => ({
    certificateFile: join(directory, 'tls.crt'),
    privateKeyFile: join(directory, 'tls.key'),
  });

  beforeAll(async () => {
    one = await makeCertificate(['a.example'], Date.now(), 3_600_000);
    other = await makeCertificate(['a.example'], Date.now(), 3_600_000);
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'acr-certificate-'));
    stop = new AbortController();
  });

  afterEach(() => {
    stop.abort(new Error('the test is over'));
    rmSync(directory, { recursive: true });
  });

  function write(certificate: ServingCertificate, key = certificate): void {
    writeFileSync(names().certificateFile, certificate.certificatePem);
    writeFileSync(names().privateKeyFile, key.privateKey.reveal());
  }

  it('is read from its files', async () => {
    write(one);
    expect((await readCertificateFiles(names(), stop.signal)).certificatePem).toBe(one.certificatePem);
  });

  it('is refused where the files are missing, or do not belong together', async () => {
    const missing = `--admission-cert-file is "${names().certificateFile}", which cannot be read (ENOENT)`;
    await expect(readCertificateFiles(names(), stop.signal)).rejects.toThrow(missing);
    write(one, other);
    await expect(readCertificateFiles(names(), stop.signal)).rejects.toThrow(
      'the PEM key that belongs to it',
    );
  });

  it('is taken up when it has changed, once both files have', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    write(one, other);
    const parts = { clock, logger: pino({ enabled: false }) };
    const following = followCertificateFiles(
      names(),
      parts,
      ({ certificatePem }) => seen.push(certificatePem),
      stop.signal,
    );
    await clock.advance(10_000);
    write(other);
    await vi.waitFor(async () => {
      await clock.advance(10_000);
      expect(seen).toContain(other.certificatePem);
    });
    expect(seen).not.toContain(one.certificatePem);
    stop.abort(new Error('stopped'));
    await following;
  });
});
