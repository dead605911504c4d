import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { closingLine, countTests, type Counts, type TestReport } from './closing-line.ts';
import { failureLines, type FailureReport } from './failure-lines.ts';

// `make test`: the checks and every suite, then a line for each failure and one that counts them. A check counts as one test.
// `make check`: only the checks, all of them even where one fails.

const report = '.cache/test-report.json';
const checks = [
  ['types', 'tsc', '--project', '.'],
  ['lint', 'oxlint'],
  ['format', 'oxfmt', '--check', '.'],
  ['unused code', 'knip'],
] as const;

function succeeds(program: string, ...options: string[]): boolean {
  const { error, status } = spawnSync(program, options, { stdio: 'inherit' });
  return error === undefined && status === 0;
}

interface Outcome extends Counts {
  readonly failures: readonly string[];
}

function runChecks(): Outcome {
  const failed = checks.filter(([name, program, ...options]) => {
    process.stdout.write(`check: ${name}\n`);
    return !succeeds(program, ...options);
  });
  const failures = failed.map(([name]) => `failed: check: ${name}`);
  return { passed: checks.length - failed.length, failed: failed.length, skipped: 0, failures };
}

function runSuite(...options: string[]): Outcome {
  rmSync(report, { force: true });
  const isGreen = succeeds('vitest', 'run', ...options);
  try {
    const found = JSON.parse(readFileSync(report, 'utf8')) as TestReport & FailureReport;
    const counts = countTests(found);
    const failures = failureLines(found, process.cwd());
    return isGreen || counts.failed > 0
      ? { ...counts, failures }
      : { ...counts, failed: 1, failures: ['failed: vitest (an error outside of every test)'] };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: ['failed: vitest (it left no report)'] };
  }
}

/** The node last and by itself, since it is compared whether it leaves the whole machine as it was. */
function runSuites(): readonly Outcome[] {
  return [
    runSuite('--project=unit', '--project=whole programs'),
    runSuite(
      '--project=real node',
      '--reporter=./test/node/list-reporter.ts',
      '--reporter=json',
      `--outputFile=${report}`,
    ),
  ];
}

function sum(counts: readonly Counts[]): Counts {
  return {
    passed: counts.reduce((all, { passed }) => all + passed, 0),
    failed: counts.reduce((all, { failed }) => all + failed, 0),
    skipped: counts.reduce((all, { skipped }) => all + skipped, 0),
  };
}

mkdirSync('.cache', { recursive: true });
process.env['PATH'] = `${process.cwd()}/node_modules/.bin:${process.env['PATH'] ?? ''}`;
const isCheckOnly = process.argv[2] === 'check';
const outcomes = [runChecks(), ...(isCheckOnly ? [] : runSuites())];
const total = sum(outcomes);
process.stdout.write(`${[...outcomes.flatMap(({ failures }) => failures), closingLine(total)].join('\n')}\n`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
