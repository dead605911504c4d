import './reflect-metadata.ts';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { product } from '../../runtime/product.ts';
import { Sensitive } from '../../runtime/sensitive.ts';

/** What a TLS server proves with who it is. */
export interface ServingCertificate {
  readonly certificatePem: string;
  /** PEM. */
  readonly privateKey: Sensitive;
}

/** For an API server whose clock is a little behind. */
export const alreadyValidForMs = 300_000;

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };

/**
 * A certificate for these host names that vouches for itself and for nothing else: whoever trusts it trusts one
 * server's key, and there is no authority whose key could be stolen. It ends `lifeMs` after `nowMs`.
 */
export async function makeCertificate(
  hosts: readonly string[],
  nowMs: number,
  lifeMs: number,
): Promise<ServingCertificate> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ O: [product] }, { CN: ['admission webhook'] }],
    notBefore: new Date(nowMs - alreadyValidForMs),
    notAfter: new Date(nowMs + lifeMs),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    keys,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns' as const, value }))),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKey: new Sensitive(`${PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag)}\n`),
  };
}
