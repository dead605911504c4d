import { execFileSync } from 'node:child_process';

/** Runs a program to its end. Throws where it fails. */
export function runInNode(file: string, ...options: string[]): void {
  execFileSync(file, options, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 20_000 });
}
