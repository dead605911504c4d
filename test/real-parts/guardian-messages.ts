import type { GuardedPrefix } from './leftovers.ts';

/** What a program is started with. It gets this environment and nothing else. */
export interface ProgramStart {
  readonly file: string;
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and standard error are appended here. */
  readonly logFile: string;
}

export type GuardianRequest =
  | { readonly kind: 'make-directory'; readonly prefix: GuardedPrefix }
  | { readonly kind: 'remove-directory'; readonly directory: string }
  /** Made anew; removed when it is asked for or at the end, as soon as no process is in it. */
  | { readonly kind: 'make-cgroup'; readonly directory: string }
  | { readonly kind: 'remove-cgroup'; readonly directory: string }
  | { readonly kind: 'start'; readonly program: ProgramStart }
  /** Answered when the program has ended: by itself, after the signal, or by SIGKILL after `patienceMs`. */
  | {
      readonly kind: 'end';
      readonly pid: number;
      readonly signal: 'SIGTERM' | undefined;
      readonly patienceMs: number;
    };

export interface NumberedRequest {
  readonly id: number;
  readonly request: GuardianRequest;
}

/** How a program ended: one of the two is set. */
export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type GuardianMessage =
  | { readonly kind: 'done'; readonly id: number; readonly value: string | number | null }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
  | { readonly kind: 'exited'; readonly pid: number; readonly end: ProgramEnd };
