import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueAuthority, issueServerCertificate, type KeyedCertificate } from './issue-certificate.ts';
import { writeWholeFile } from './write-whole-file.ts';

/** The sandbox's own root, and a server certificate for any host name on demand. */
export interface CertificateAuthority {
  /** PEM of the root: what a client's SSL_CERT_FILE or NODE_EXTRA_CA_CERTS points at. */
  readonly caFile: string;
  serverCertificate(hostName: string): Promise<KeyedCertificate>;
}

/** A server certificate lives 396 days and must not outlive its issuer. */
const renewAuthorityBeforeMs = 400 * 24 * 60 * 60 * 1000;

/**
 * Takes `ca.pem` and `ca.key` from the state directory, or writes new ones there where they are missing, damaged
 * or near their end, so that a client's trust survives a restart. Throws what the file system throws.
 */
export async function openCertificateAuthority(
  stateDir: string,
  nowMs: () => number,
): Promise<CertificateAuthority> {
  const files = { certificate: join(stateDir, 'ca.pem'), privateKey: join(stateDir, 'ca.key') };
  const authority = (await storedAuthority(files, nowMs())) ?? (await newAuthority(stateDir, files, nowMs()));
  const issued = new Map<string, Promise<KeyedCertificate>>();
  return {
    caFile: files.certificate,
    serverCertificate(hostName) {
      const name = hostName.toLowerCase();
      let certificate = issued.get(name);
      if (certificate === undefined) {
        certificate = issueServerCertificate(authority, name, nowMs());
        issued.set(name, certificate);
      }
      return certificate;
    },
  };
}

interface AuthorityFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

async function storedAuthority(files: AuthorityFiles, nowMs: number): Promise<KeyedCertificate | undefined> {
  try {
    const certificatePem = await readFile(files.certificate, 'utf8');
    const privateKeyPem = await readFile(files.privateKey, 'utf8');
    const certificate = new X509Certificate(certificatePem);
    const isUsable =
      certificate.ca &&
      certificate.checkPrivateKey(createPrivateKey(privateKeyPem)) &&
      certificate.validFromDate.getTime() <= nowMs &&
      certificate.validToDate.getTime() - nowMs > renewAuthorityBeforeMs;
    return isUsable ? { certificatePem, privateKeyPem } : undefined;
  } catch {
    // Missing or damaged is the same here: there is no authority to go on with.
    return undefined;
  }
}

async function newAuthority(
  stateDir: string,
  files: AuthorityFiles,
  nowMs: number,
): Promise<KeyedCertificate> {
  const authority = await issueAuthority(nowMs);
  await mkdir(stateDir, { recursive: true });
  await writeWholeFile(files.privateKey, authority.privateKeyPem, 0o600);
  await writeWholeFile(files.certificate, authority.certificatePem, 0o644);
  return authority;
}
