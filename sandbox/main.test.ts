import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function start(...args: readonly string[]) {
  return spawn(process.execPath, [file('./main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the sandbox program', () => {
  it('prints one line when it is ready, and ends by itself on SIGTERM', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
    const child = start('--world', file('./world/example.yaml'), '--state-dir', stateDir);
    const exited = once(child, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      child.kill('SIGTERM');
    }
    expect(await exited).toEqual([0, null]);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      edge: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      metadata: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      control: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      caFile: join(stateDir, 'ca.pem'),
      jwksFile: expect.stringContaining(stateDir),
    });
    await rm(stateDir, { recursive: true });
  });

  it.each([
    ['without a world', [], '--world: the YAML file of the world is required'],
    [
      'with a time that stretches',
      ['--world', 'w', '--state-dir', 's', '--time-scale', '0.5'],
      '--time-scale: ',
    ],
    ['with an option it does not know', ['--wrold', 'w'], "Unknown option '--wrold'"],
    [
      'with a world that is not there',
      ['--world', 'none.yaml', '--state-dir', 's'],
      'none.yaml cannot be read',
    ],
  ])('does not start %s, and says why', async (_, args, text) => {
    const child = start(...args);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(said).toContain(text);
  });
});
