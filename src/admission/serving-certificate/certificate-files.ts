import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { Failure } from '../../failures/failure.ts';
import { sleep, type Clock } from '../../runtime/clock.ts';
import { deadline } from '../../runtime/deadline.ts';
import { Sensitive } from '../../runtime/sensitive.ts';
import { isPair } from './kept-certificates.ts';
import type { ServingCertificate } from './make-certificate.ts';

export interface CertificateFileNames {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

/** A kubelet exchanges a mounted Secret's files within about a minute, so nobody waits for us. */
const lookEveryMs = 10_000;
const readDeadlineMs = 5_000;

/** Throws FLAGS_INVALID where the two cannot be read, or do not belong together. */
export async function readCertificateFiles(
  { certificateFile, privateKeyFile }: CertificateFileNames,
  signal: AbortSignal,
): Promise<ServingCertificate> {
  const options = { encoding: 'utf8', signal: deadline(signal, readDeadlineMs) } as const;
  const [certificatePem, privateKey] = await Promise.all([
    readNamed('--admission-cert-file', certificateFile, options),
    readNamed('--admission-key-file', privateKeyFile, options),
  ]);
  const read = { certificatePem, privateKey: new Sensitive(privateKey) };
  if (isPair(read)) return read;
  const files = `--admission-cert-file is "${certificateFile}", --admission-key-file is "${privateKeyFile}"`;
  throw new Failure('FLAGS_INVALID', `${files}: write a PEM certificate and the PEM key that belongs to it`);
}

async function readNamed(
  flag: string,
  file: string,
  options: Parameters<typeof readFile>[1],
): Promise<string> {
  try {
    return String(await readFile(file, options));
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'not in time';
    const text = `${flag} is "${file}", which cannot be read (${reason}); write a PEM file that is there and that the add-on may read`;
    throw new Failure('FLAGS_INVALID', text, { cause });
  }
}

/** Tells of each change until the signal is aborted; what cannot be used is looked at again. */
export async function followCertificateFiles(
  names: CertificateFileNames,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  onRead: (certificate: ServingCertificate) => void,
  signal: AbortSignal,
): Promise<void> {
  let isTold = false;
  while (!signal.aborted) {
    await sleep(clock, lookEveryMs, signal).catch(() => undefined);
    try {
      onRead(await readCertificateFiles(names, signal));
      isTold = false;
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof Failure)) throw thrown;
      // Where both are exchanged, the one may be seen without the other for a moment.
      if (!isTold) logger.warn(`${thrown.message}; the last good ones are served`);
      isTold = true;
    }
  }
}
