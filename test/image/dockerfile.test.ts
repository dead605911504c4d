import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { makeDirectory } from '../real-parts/guardian.ts';
import { programFile } from '../real-parts/program-file.ts';

const lint = (file: string) => promisify(execFile)(programFile('lint-dockerfile'), [file]);

describe('the Dockerfile', () => {
  it('is one that BuildKit reads without a warning', async () => {
    const file = fileURLToPath(new URL('../../Dockerfile', import.meta.url));
    expect(await lint(file)).toEqual({ stdout: '', stderr: '' });
  });

  it('would not pass with a warning', async () => {
    const file = join(await makeDirectory('acr-dockerfile-'), 'Dockerfile');
    writeFileSync(file, 'FROM base as builder\n');
    await expect(lint(file)).rejects.toThrow('FromAsCasing');
  });
});
