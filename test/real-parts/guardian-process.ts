import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createCgroup, deleteCgroup } from './cgroup.ts';
import type {
  GuardianMessage,
  GuardianRequest,
  NumberedRequest,
  ProgramEnd,
  ProgramStart,
} from './guardian-messages.ts';
import { leftoversIn } from './leftovers.ts';
import { removeAll } from './remove-all.ts';
import { tethered } from './tether.ts';

// The parent of every real part. It runs in a session of its own, so neither Ctrl-C nor the death of the
// process that asked reaches it; the broken channel does, and then it ends its children and removes their
// directories. Being their parent it cannot hit a stranger: a pid is not given away before it is reaped.
// Should it be killed itself, the kernel ends its children, and the next guardian removes what is left.

/** What still runs there has lost its guardian long ago, or is just ending. */
const sweepPatienceMs = 5000;

const programs = new Map<number, ChildProcess>();
const directories = new Set<string>();
const cgroups = new Set<string>();
const swept = new Set<string>();

async function answer({ id, request }: NumberedRequest): Promise<void> {
  try {
    tell({ kind: 'done', id, value: await carryOut(request) });
  } catch (thrown) {
    tell({ kind: 'failed', id, reason: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

async function carryOut(request: GuardianRequest): Promise<string | number | null> {
  switch (request.kind) {
    case 'make-directory': {
      await sweep(tmpdir(), removeDirectory);
      const directory = mkdtempSync(join(tmpdir(), `${request.prefix}${process.pid}-`));
      directories.add(directory);
      return directory;
    }
    case 'remove-directory':
      await removeDirectory(request.directory);
      directories.delete(request.directory);
      return null;
    case 'make-cgroup':
      await sweep(dirname(request.directory), (cgroup) => deleteCgroup(cgroup, sweepPatienceMs));
      createCgroup(request.directory);
      cgroups.add(request.directory);
      return null;
    case 'remove-cgroup':
      await deleteCgroup(request.directory);
      cgroups.delete(request.directory);
      return null;
    case 'start':
      return await start(request.program);
    case 'end':
      await endProgram(request);
      return null;
  }
}

async function start({ file, options, environment, logFile }: ProgramStart): Promise<number> {
  // Of a program that is tethered it would be told only in the log.
  accessSync(file, constants.X_OK);
  const log = openSync(logFile, 'a');
  try {
    const program = spawn(...tethered(file, options), { env: environment, stdio: ['ignore', log, log] });
    program.once('exit', (exitCode, signal) => forget(program.pid, { exitCode, signal }));
    if (program.pid === undefined) await once(program, 'spawn');
    const pid = program.pid ?? 0;
    programs.set(pid, program);
    return pid;
  } finally {
    closeSync(log);
  }
}

type EndRequest = Extract<GuardianRequest, { kind: 'end' }>;

async function endProgram({ pid, signal, patienceMs }: EndRequest): Promise<void> {
  const program = programs.get(pid);
  if (program === undefined) return;
  const ended = once(program, 'exit');
  if (signal !== undefined) program.kill(signal);
  const impatience = setTimeout(() => program.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(impatience);
}

function forget(pid: number | undefined, end: ProgramEnd): void {
  if (pid === undefined) return;
  programs.delete(pid);
  tell({ kind: 'exited', pid, end });
}

function tell(message: GuardianMessage): void {
  if (process.connected) process.send?.(message);
}

async function endEverything(): Promise<void> {
  const ends = [...programs.values()].map((program) => once(program, 'exit'));
  for (const program of programs.values()) program.kill('SIGKILL');
  await Promise.all(ends);
  // Empty only when what the programs had started is gone too, and writes into no directory any more.
  complain(await removeAll([...cgroups], (cgroup) => deleteCgroup(cgroup)));
  complain(await removeAll([...directories], removeDirectory));
}

/** Removes what guardians that were killed have left there, before anything is made there. */
async function sweep(place: string, remove: (path: string) => Promise<void>): Promise<void> {
  if (swept.has(place)) return;
  swept.add(place);
  complain(await removeAll(leftoversIn(place), remove));
}

function removeDirectory(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

// Whoever read it may have ended.
process.stderr.on('error', () => {});

function complain(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(line);
}

let isEnding = false;

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await endEverything();
  process.exit();
}

process.on('message', (message: NumberedRequest) => {
  if (!isEnding) void answer(message);
});
process.once('disconnect', () => void end());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end());
