import './reflect-metadata.ts';
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate with its private key (PKCS #8), both PEM. */
export interface KeyedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

const dayMs = 24 * 60 * 60 * 1000;
const authorityLifeMs = 10 * 365 * dayMs;
/** Apple's and the browsers' limit is 398 days; a client that enforces it must be content here. */
const serverLifeMs = 396 * dayMs;
/** For clients whose clock is a little behind: a container or a virtual machine that has just woken up. */
const alreadyValidForMs = 60 * 60 * 1000;

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };

/** A root that may sign server certificates and nothing below another authority (RFC 5280 §4.2.1.9). */
export async function issueAuthority(nowMs: number): Promise<KeyedCertificate> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ O: ['Alibaba Cloud sandbox'] }, { CN: ['Alibaba Cloud sandbox, this machine only'] }],
    ...validity(nowMs, authorityLifeMs),
    signingAlgorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return keyedCertificate(certificate, keys.privateKey);
}

/**
 * A TLS server's certificate for one host name, in the subject alternative name only: clients have ignored the
 * common name for years, and it cannot hold every host name anyway.
 */
export async function issueServerCertificate(
  authority: KeyedCertificate,
  hostName: string,
  nowMs: number,
): Promise<KeyedCertificate> {
  const issuer = new X509Certificate(authority.certificatePem);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: [{ O: ['Alibaba Cloud sandbox server'] }],
    issuer: issuer.subject,
    ...validity(nowMs, serverLifeMs),
    signingAlgorithm,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.privateKeyPem),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([{ type: 'dns', value: hostName }]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
    ],
  });
  return keyedCertificate(certificate, keys.privateKey);
}

function validity(nowMs: number, lifeMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - alreadyValidForMs), notAfter: new Date(nowMs + lifeMs) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

async function keyedCertificate(
  certificate: X509Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<KeyedCertificate> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: `${PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag)}\n`,
  };
}

function signingKey(privateKeyPem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = PemConverter.decodeFirst(privateKeyPem);
  return webcrypto.subtle.importKey('pkcs8', pkcs8, keyAlgorithm, false, ['sign']);
}
