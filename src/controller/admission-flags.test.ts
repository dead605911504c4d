import { expect, it } from 'vitest';
import { makeCertificate } from '../admission/serving-certificate/make-certificate.ts';
import { checkAdmissionFlags, type RawAdmissionFlags } from './admission-flags.ts';

const raw: RawAdmissionFlags = {
  namespace: 'kube-system',
  admission: 'as-configured',
  admissionAddress: ':8443',
  admissionCertificateLife: '2160h',
};

it('serve at the Service’s name, with a certificate that is made', () => {
  expect(checkAdmissionFlags(raw).webhook).toEqual({
    mode: 'as-configured',
    address: { host: undefined, port: 8443 },
    hosts: ['aliyun-acr-credential-helper-webhook.kube-system.svc'],
    certificateLifeMs: 90 * 24 * 3_600_000,
    certificateFiles: undefined,
    trustPem: undefined,
  });
});

it.each(['policy', 'none'])('are not looked at further where there is to be no webhook: %s', (mode) => {
  const flags = { ...raw, admission: mode, admissionAddress: '' };
  expect(checkAdmissionFlags(flags)).toEqual({ mode, webhook: undefined });
});

it('take other names, and somebody else’s certificate', () => {
  const files = { admissionCertFile: 'tls.crt', admissionKeyFile: 'tls.key' };
  const { webhook } = checkAdmissionFlags({ ...raw, ...files, admissionHosts: 'a.example, localhost' });
  expect(webhook).toMatchObject({
    hosts: ['a.example', 'localhost'],
    certificateFiles: { certificateFile: 'tls.crt', privateKeyFile: 'tls.key' },
  });
});

it('take who vouches for that certificate', async () => {
  const { certificatePem } = await makeCertificate(['a.example'], Date.now(), 3_600_000);
  const files = { admissionCertFile: 'tls.crt', admissionKeyFile: 'tls.key' };
  const { webhook } = checkAdmissionFlags({ ...raw, ...files, admissionCaBundle: btoa(certificatePem) });
  expect(webhook?.trustPem).toBe(certificatePem);
});

it.each([
  ['--admission is "on"; write policy, webhook, none, as-configured, ', { admission: 'on' }],
  ['--admission-address is "8443"', { admissionAddress: '8443' }],
  ['--admission-hosts is "a b"', { admissionHosts: 'a b' }],
  ['--admission-certificate-life is "90"', { admissionCertificateLife: '90' }],
  ['--admission-certificate-life is "59s"; write at least 1m', { admissionCertificateLife: '59s' }],
  ['--admission-ca-bundle goes with --admission-cert-file', { admissionCaBundle: 'YQ==' }],
  [
    '--admission-ca-bundle is no PEM certificate in base64; write what base64 -w0 ca.crt prints',
    { admissionCertFile: 'tls.crt', admissionKeyFile: 'tls.key', admissionCaBundle: 'YQ==' },
  ],
  ['there is one only', { admissionCertFile: 'tls.crt' }],
  [
    '--admission-cert-file is for a webhook, and --admission is "policy"',
    { admission: 'policy', admissionCertFile: 'tls.crt', admissionKeyFile: 'tls.key' },
  ],
])('are refused: %s', (message, part) => {
  expect(() => checkAdmissionFlags({ ...raw, ...part })).toThrow(message);
});
