import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeBundle, type Bundle } from '../../image/bundle.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { makeDirectory } from '../real-parts/guardian.ts';

const run = promisify(execFile);

describe('the bundle', () => {
  let bundle: Bundle;
  let program: string;

  beforeAll(async () => {
    bundle = await writeBundle(await makeDirectory('acr-bundle-'));
    // Nothing else is in this directory, so whatever it still needed beside it would be missed.
    program = join(await makeDirectory('acr-bundle-alone-'), 'program.mjs');
    copyFileSync(bundle.programFile, program);
  });

  const output = async (...options: string[]) => {
    const { stdout, stderr } = await run(process.execPath, [program, ...options], { timeout: 30_000 });
    return stdout + stderr;
  };

  it('knows its version', async () => {
    expect((await output('--version')).trim()).toBe(packageJson.version);
  });

  it('explains its commands', async () => {
    expect(await output('--help')).toMatch(/\bcontroller\b[^]*\bplan\b/);
    expect(await output('controller', '--help')).toContain('--config-map <name>');
  });

  it('names no file of the machine that made it', () => {
    expect(readFileSync(program, 'utf8')).not.toContain(process.cwd());
  });

  it('comes with the licence of each package in it', () => {
    const notices = readFileSync(bundle.noticesFile, 'utf8');
    expect(bundle.packageDirectories).toContain('node_modules/@alicloud/openapi-core');
    for (const directory of bundle.packageDirectories) {
      expect(notices).toContain(`${directory.split('node_modules/').at(-1)} `);
    }
    expect(notices).toContain('Permission is hereby granted, free of charge');
  });

  it('is the same each time', async () => {
    const again = await writeBundle(await makeDirectory('acr-bundle-again-'));
    for (const file of ['programFile', 'noticesFile'] as const) {
      expect(readFileSync(again[file]).equals(readFileSync(bundle[file]))).toBe(true);
    }
  });
});
