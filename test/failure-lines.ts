import { relative } from 'node:path';

/** The part of a vitest JSON report that says what failed. */
export interface FailureReport {
  readonly testResults: readonly {
    /** The file's absolute path. */
    readonly name: string;
    readonly status: string;
    /** Why the file did not start; empty where it did. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** Cut at this, so that output of which only the end is kept still says what failed. */
export const longestLineCharacters = 300;

/** A line for each failure: where it is, and the first line of what it says. */
export function failureLines(report: FailureReport, directory: string): readonly string[] {
  return report.testResults.flatMap((file) => {
    const at = relative(directory, file.name);
    const failed = file.assertionResults.filter(({ status }) => status === 'failed');
    if (file.status === 'failed' && failed.length === 0) {
      return [failureLine(at, file.message || 'a hook failed')];
    }
    return failed.map(({ fullName, failureMessages }) =>
      failureLine(`${at}: ${fullName}`, failureMessages?.[0] ?? ''),
    );
  });
}

function failureLine(where: string, message: string): string {
  const [said = ''] = message.trim().split('\n', 1);
  return `failed: ${where}${said === '' ? '' : ` (${said})`}`.slice(0, longestLineCharacters);
}
