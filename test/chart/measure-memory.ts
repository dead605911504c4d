import { readFileSync } from 'node:fs';
import { writeBundle } from '../../image/bundle.ts';
import type { AddOn } from '../real-parts/add-on.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { enterpriseEntry, personalEntry, startStage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

// What the chart's `resources` are chosen by: node test/chart/measure-memory.ts [namespaces [heap in MB]]

const count = Number(process.argv[2] ?? 1000);
/** As Node chooses it in a container with 512 MiB; without a limit it sees no reason to be sparing. */
const heapMb = Number(process.argv[3] ?? 259);
const inParallel = 8;
const directory = await makeDirectory('acr-memory-');
const { programFile } = await writeBundle(directory);
const stage = await startStage({
  timeScale: 1,
  command: [process.execPath, `--max-old-space-size=${heapMb}`, programFile],
});
try {
  const names = Array.from({ length: count }, (_, index) => `team-${index}`);
  await Promise.all(
    Array.from({ length: inParallel }, async (_, worker) => {
      for (let index = worker; index < count; index += inParallel)
        await stage.kubectl.createNamespace(`team-${index}`);
    }),
  );
  await stage.kubectl.configure({
    'acr-registry-info': enterpriseEntry + personalEntry,
    'watch-namespace': 'all,!kube-system',
    'service-account': '*',
  });
  const before = process.hrtime.bigint();
  const leader = await stage.startReplica('--write-budget=9999');
  const standby = await stage.startReplica();
  await waitUntil({ what: 'all are served', withinMs: 300_000 }, async () => {
    const { items } = await stage.kubectl.api.listSecretForAllNamespaces({
      fieldSelector: 'metadata.name=acr-credential-secret-aggregation',
    });
    return items.filter(({ data }) => data?.['.dockerconfigjson'] !== undefined).length >= names.length;
  });
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  process.stdout.write(`${count} namespaces served in ${seconds.toFixed(1)} s\n`);
  for (const [what, addOn] of Object.entries({ leader, standby })) {
    process.stdout.write(
      `${what}: ${megabytes(addOn, 'VmRSS')} MB now, ${megabytes(addOn, 'VmHWM')} MB at most, `,
    );
    process.stdout.write(`${cpuSeconds(addOn).toFixed(1)} s of CPU\n`);
  }
} finally {
  await stage.stop();
  await removeDirectory(directory);
}

function megabytes({ pid }: AddOn, what: 'VmRSS' | 'VmHWM'): number {
  const kilobytes = new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  );
  return Math.round(Number(kilobytes?.[1]) / 1024);
}

function cpuSeconds({ pid }: AddOn): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
