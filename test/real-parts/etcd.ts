import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { startProgram, type RunningProgram } from './guardian.ts';
import { programFile } from './program-file.ts';
import { waitUntil } from './wait-until.ts';

export interface Etcd {
  readonly program: RunningProgram;
  readonly clientUrl: string;
}

/** An empty etcd. Nothing is kept safe on disk: the data lives as long as the test. */
export async function startEtcd(directory: string): Promise<Etcd> {
  const clientUrl = `http://127.0.0.1:${await freePort()}`;
  const anyPeerPort = 'http://127.0.0.1:0';
  const program = await startProgram({
    file: programFile('etcd'),
    options: [
      `--data-dir=${join(directory, 'etcd')}`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${anyPeerPort}`,
      `--initial-advertise-peer-urls=${anyPeerPort}`,
      `--initial-cluster=default=${anyPeerPort}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    environment: {},
    logFile: join(directory, 'etcd.log'),
  });
  await waitUntil({ what: 'etcd is healthy', withinMs: 60_000, program }, async () => {
    const answer = await fetch(`${clientUrl}/health`, { signal: AbortSignal.timeout(1000) });
    return answer.ok;
  });
  return { program, clientUrl };
}
