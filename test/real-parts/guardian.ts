import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GuardianMessage, GuardianRequest, ProgramEnd, ProgramStart } from './guardian-messages.ts';
import type { GuardedPrefix } from './leftovers.ts';

/** A real part that runs. It does not outlive this process, however this process ends. */
export interface RunningProgram {
  readonly pid: number;
  readonly hasEnded: () => boolean;
  /** Everything it has written so far. */
  readonly output: () => string;
  /** Waits for it to end by itself, and kills it after `withinMs`. */
  readonly finish: (withinMs: number) => Promise<ProgramEnd>;
  /** Asks it to end, and kills it when it has not after `graceMs` (5 s if left out). */
  readonly stop: (graceMs?: number) => Promise<ProgramEnd>;
  readonly kill: () => Promise<ProgramEnd>;
}

/** Starts a program under the guardian. Rejects when it cannot be started at all. */
export async function startProgram(program: ProgramStart): Promise<RunningProgram> {
  const pid = Number(await ask({ kind: 'start', program }));
  const ended = Promise.withResolvers<ProgramEnd>();
  let hasEnded = false;
  guardian().whenEnded(pid, (end) => {
    hasEnded = true;
    ended.resolve(end);
  });
  const end = async (signal: 'SIGTERM' | undefined, patienceMs: number) => {
    await ask({ kind: 'end', pid, signal, patienceMs });
    return await ended.promise;
  };
  return {
    pid,
    hasEnded: () => hasEnded,
    output: () => readFileSync(program.logFile, 'utf8'),
    finish: (withinMs) => end(undefined, withinMs),
    stop: (graceMs = 5000) => end('SIGTERM', graceMs),
    kill: () => end(undefined, 0),
  };
}

/** A new directory for temporary files, removed when it is asked for or when this process ends. */
export async function makeDirectory(prefix: GuardedPrefix): Promise<string> {
  return String(await ask({ kind: 'make-directory', prefix }));
}

export async function removeDirectory(directory: string): Promise<void> {
  await ask({ kind: 'remove-directory', directory });
}

/**
 * A new cgroup for processes that programs start, removed when it is asked for or when this process ends. Where its name
 * is that of a directory made here, also the next guardian removes it, should this one be killed.
 */
export async function makeCgroup(directory: string): Promise<void> {
  await ask({ kind: 'make-cgroup', directory });
}

/** Waits for the last process in it to be gone, for 60 s at most. */
export async function removeCgroup(directory: string): Promise<void> {
  await ask({ kind: 'remove-cgroup', directory });
}

type Answer = Extract<GuardianMessage, { id: number }>;

class Guardian {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #endings = new Map<number, (end: ProgramEnd) => void>();
  readonly #endedEarly = new Map<number, ProgramEnd>();
  #lastId = 0;

  constructor(guardianProcess: ChildProcess) {
    this.#process = guardianProcess;
    guardianProcess.unref();
    guardianProcess.channel?.unref();
    guardianProcess.on('message', (message: GuardianMessage) => this.#receive(message));
    guardianProcess.once('exit', () => {
      for (const [id, answer] of this.#waiting)
        answer({ kind: 'failed', id, reason: 'the guardian is gone' });
    });
  }

  whenEnded(pid: number, tell: (end: ProgramEnd) => void): void {
    const end = this.#endedEarly.get(pid);
    if (end === undefined) this.#endings.set(pid, tell);
    else tell(end);
    this.#endedEarly.delete(pid);
  }

  async ask(request: GuardianRequest): Promise<string | number | null> {
    const id = ++this.#lastId;
    // An idle channel must not keep this process alive; one that owes an answer must.
    this.#process.channel?.ref();
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, request });
    });
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#process.channel?.unref();
    if (answer.kind === 'done') return answer.value;
    throw new Error(`${request.kind}: ${answer.kind === 'failed' ? answer.reason : 'no answer'}`);
  }

  #receive(message: GuardianMessage): void {
    if (message.kind !== 'exited') {
      this.#waiting.get(message.id)?.(message);
      return;
    }
    const tell = this.#endings.get(message.pid);
    this.#endings.delete(message.pid);
    if (tell === undefined) this.#endedEarly.set(message.pid, message.end);
    else tell(message.end);
  }
}

let onlyGuardian: Guardian | undefined;

function guardian(): Guardian {
  onlyGuardian ??= new Guardian(
    fork(fileURLToPath(new URL('guardian-process.ts', import.meta.url)), {
      detached: true,
      execArgv: [],
      env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'] },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  );
  return onlyGuardian;
}

function ask(request: GuardianRequest): Promise<string | number | null> {
  return guardian().ask(request);
}
