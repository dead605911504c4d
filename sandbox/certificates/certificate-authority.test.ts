import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCertificateAuthority } from './certificate-authority.ts';

const hostName = 'acme-registry.cn-hangzhou.cr.aliyuncs.com';
const nowMs = () => Date.now();
const dayMs = 24 * 60 * 60 * 1000;
let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sandbox-certificates-'));
});

afterEach(() => rm(stateDir, { recursive: true }));

async function caCertificate(): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(stateDir, 'ca.pem')));
}

test('a server certificate is signed by the root, for its host alone and for servers only', async () => {
  const authority = await openCertificateAuthority(stateDir, nowMs);
  const { certificatePem } = await authority.serverCertificate(hostName);
  const server = new X509Certificate(certificatePem);
  const ca = await caCertificate();
  expect(server.verify(ca.publicKey)).toBe(true);
  expect(server.checkIssued(ca)).toBe(true);
  expect(server.checkHost(hostName)).toBe(hostName);
  expect(server.checkHost('other-registry.cn-hangzhou.cr.aliyuncs.com')).toBeUndefined();
  expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(server.ca).toBe(false);
  expect(ca.ca).toBe(true);
});

test('a server certificate is valid already, and for no more than 397 days', async () => {
  const authority = await openCertificateAuthority(stateDir, nowMs);
  const { certificatePem } = await authority.serverCertificate(hostName);
  const server = new X509Certificate(certificatePem);
  expect(server.validFromDate.getTime()).toBeLessThan(Date.now() - 60_000);
  const lifeMs = server.validToDate.getTime() - server.validFromDate.getTime();
  expect(lifeMs).toBeLessThanOrEqual(397 * dayMs);
});

test('the same host gets the same certificate, in whatever case it is written', async () => {
  const authority = await openCertificateAuthority(stateDir, nowMs);
  const first = await authority.serverCertificate(hostName);
  expect(await authority.serverCertificate(hostName.toUpperCase())).toBe(first);
});

test('the root survives a restart, and its key is for its owner only', async () => {
  await openCertificateAuthority(stateDir, nowMs);
  const first = await caCertificate();
  await openCertificateAuthority(stateDir, nowMs);
  expect((await caCertificate()).serialNumber).toBe(first.serialNumber);
  expect((await stat(join(stateDir, 'ca.key'))).mode & 0o777).toBe(0o600);
});

test.each<{ reason: string; spoil: () => Promise<unknown>; laterMs: number }>([
  { reason: 'its key is missing', spoil: () => rm(join(stateDir, 'ca.key')), laterMs: 0 },
  { reason: 'its file is damaged', spoil: () => writeFile(join(stateDir, 'ca.pem'), 'half'), laterMs: 0 },
  { reason: 'it would end before its servers', spoil: async () => undefined, laterMs: 9 * 365 * dayMs },
])('a new root is made when $reason', async ({ spoil, laterMs }) => {
  await openCertificateAuthority(stateDir, nowMs);
  const first = await caCertificate();
  await spoil();
  await openCertificateAuthority(stateDir, () => Date.now() + laterMs);
  expect((await caCertificate()).serialNumber).not.toBe(first.serialNumber);
});
