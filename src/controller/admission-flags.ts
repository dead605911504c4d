import type { AdmissionAddress } from '../admission/serve-admission.ts';
import type { CertificateFileNames } from '../admission/serving-certificate/certificate-files.ts';
import { isCertificate } from '../admission/serving-certificate/kept-certificates.ts';
import { Failure } from '../failures/failure.ts';
import { admissionModes, type AdmissionMode, type WebhookMode } from '../pull-secrets/admission-mode.ts';
import { checkDuration, invalid, listenAddress } from './flags.ts';

/** The flags about admission, as they were written. */
export interface RawAdmissionFlags {
  readonly namespace: string;
  readonly admission: string;
  readonly admissionAddress: string;
  readonly admissionHosts?: string;
  readonly admissionCertificateLife: string;
  readonly admissionCertFile?: string;
  readonly admissionKeyFile?: string;
  readonly admissionCaBundle?: string;
}

export interface AdmissionFlags {
  readonly mode: AdmissionMode;
  /** Undefined: there is none, whatever the configuration says. */
  readonly webhook: WebhookFlags | undefined;
}

export interface WebhookFlags {
  readonly mode: WebhookMode;
  readonly address: AdmissionAddress;
  readonly hosts: readonly string[];
  readonly certificateLifeMs: number;
  /** Undefined: the add-on makes the certificate itself. */
  readonly certificateFiles: CertificateFileNames | undefined;
  /** Whom the API server is to trust with those files; undefined: somebody else tells it. */
  readonly trustPem: string | undefined;
}

/** What the chart calls the Service. */
const serviceName = 'aliyun-acr-credential-helper-webhook';
/** What is shorter could not be exchanged in time: API servers and replicas take seconds to see a change. */
const shortestCertificateLifeMs = 60_000;
const hostName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Throws FLAGS_INVALID, as `checkFlags`. */
export function checkAdmissionFlags(raw: RawAdmissionFlags): AdmissionFlags {
  const mode = admissionModes.find((one) => one === raw.admission);
  if (mode === undefined) {
    throw invalid('--admission', raw.admission, admissionModes.join(', '));
  }
  if (mode !== 'policy' && mode !== 'none') return { mode, webhook: webhookFlags(mode, raw) };
  if (certificateFiles(raw) === undefined) return { mode, webhook: undefined };
  const text = `--admission-cert-file is for a webhook, and --admission is "${mode}"; leave the file out, or write webhook`;
  throw new Failure('FLAGS_INVALID', text);
}

function webhookFlags(mode: WebhookFlags['mode'], raw: RawAdmissionFlags): WebhookFlags {
  return {
    mode,
    address: listenAddress('--admission-address', raw.admissionAddress),
    hosts: hosts(raw.admissionHosts ?? `${serviceName}.${raw.namespace}.svc`),
    certificateLifeMs: certificateLife('--admission-certificate-life', raw.admissionCertificateLife),
    certificateFiles: certificateFiles(raw),
    trustPem: trustPem(raw),
  };
}

function hosts(value: string): readonly string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.every((name) => hostName.test(name))) return names;
  throw invalid('--admission-hosts', value, 'host names, separated by commas');
}

function certificateLife(flag: string, value: string): number {
  const lifeMs = checkDuration(flag, value);
  if (lifeMs >= shortestCertificateLifeMs) return lifeMs;
  throw invalid(flag, value, 'at least 1m, such as 2160h');
}

function trustPem({ admissionCaBundle, admissionCertFile }: RawAdmissionFlags): string | undefined {
  if (admissionCaBundle === undefined) return undefined;
  if (admissionCertFile === undefined) {
    const text =
      '--admission-ca-bundle goes with --admission-cert-file: without one the add-on makes the certificate, and says whom to trust';
    throw new Failure('FLAGS_INVALID', text);
  }
  const pem = Buffer.from(admissionCaBundle, 'base64').toString('utf8');
  if (isCertificate(pem)) return pem;
  throw new Failure(
    'FLAGS_INVALID',
    '--admission-ca-bundle is no PEM certificate in base64; write what base64 -w0 ca.crt prints',
  );
}

function certificateFiles(raw: RawAdmissionFlags): CertificateFileNames | undefined {
  const { admissionCertFile: certificateFile, admissionKeyFile: privateKeyFile } = raw;
  if (certificateFile === undefined && privateKeyFile === undefined) return undefined;
  if (certificateFile !== undefined && privateKeyFile !== undefined)
    return { certificateFile, privateKeyFile };
  const text = 'of --admission-cert-file and --admission-key-file there is one only; write both, or neither';
  throw new Failure('FLAGS_INVALID', text);
}
