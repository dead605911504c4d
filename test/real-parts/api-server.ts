import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'undici';
import type { ApiServerFiles } from './api-server-files.ts';
import { startProgram, type RunningProgram } from './guardian.ts';
import { programFile } from './program-file.ts';
import { waitUntil } from './wait-until.ts';

export interface ApiServerSetup {
  readonly directory: string;
  readonly files: ApiServerFiles;
  readonly port: number;
  readonly etcdUrl: string;
  readonly withAuditLog: boolean;
  /** Whose tokens it takes; it signs as the first of them, and publishes its keys under that name. */
  readonly issuers: readonly string[];
  readonly extraFlags: readonly string[];
}

/** Starts kube-apiserver and waits until it is ready. */
export async function startApiServer(setup: ApiServerSetup): Promise<RunningProgram> {
  const program = await startProgram({
    file: programFile('kube-apiserver'),
    options: flagsFor(setup),
    environment: {},
    logFile: join(setup.directory, 'kube-apiserver.log'),
  });
  const readyz = { origin: addressAt(setup.port), path: '/readyz', method: 'GET' } as const;
  const headers = { authorization: `Bearer ${setup.files.adminToken}` };
  await waitUntil({ what: 'kube-apiserver is ready', withinMs: 60_000, program }, async () => {
    const dispatcher = new Agent({ connect: { ca: readFileSync(setup.files.authority, 'utf8') } });
    try {
      const answer = await dispatcher.request({ ...readyz, headers, signal: AbortSignal.timeout(2000) });
      await answer.body.dump();
      return answer.statusCode === 200;
    } finally {
      await dispatcher.close();
    }
  });
  return program;
}

/** Where it can be reached, as itself would say. */
export function addressAt(port: number): string {
  return `https://127.0.0.1:${port}`;
}

function flagsFor({ files, port, etcdUrl, withAuditLog, issuers, extraFlags }: ApiServerSetup): string[] {
  const audit = [
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    '--audit-log-maxsize=1024',
  ];
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${files.certificateDirectory}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${files.tokens}`,
    ...issuers.map((issuer) => `--service-account-issuer=${issuer}`),
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--profiling=false',
    ...(withAuditLog ? audit : []),
    ...extraFlags,
  ];
}
