import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const lineCount = 30;

/** What the daemons of the node with that directory, and the containers of `kube-system` on it, have logged last, for people. */
export function lastLogLines(directory: string): string {
  const files = globSync(['*.log', 'var-log/pods/kube-system_*/*/*.log'], { cwd: directory }).toSorted();
  return files.flatMap((file) => [`--- ${file}`, ...lastLines(join(directory, file))]).join('\n');
}

function lastLines(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lineCount);
}
