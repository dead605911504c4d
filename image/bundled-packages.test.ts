import { describe, expect, it } from 'vitest';
import { bundledPackages, packageDirectories } from './bundled-packages.ts';

const outputOf = (...files: (readonly [string, number])[]) => ({
  outputs: {
    'program.mjs': {
      bytes: 0,
      imports: [],
      exports: [],
      inputs: Object.fromEntries(files.map(([file, bytesInOutput]) => [file, { bytesInOutput }])),
    },
  },
});

describe('the packages in a bundle', () => {
  it('are those with code in it, each once', () => {
    const metafile = outputOf(
      ['src/runtime/clock.ts', 500],
      ['node_modules/zod/v4/core.js', 10],
      ['node_modules/zod/v4/errors.js', 20],
      ['node_modules/@kubernetes/client-node/dist/index.js', 30],
      ['node_modules/unused/index.js', 0],
    );
    expect(packageDirectories(metafile)).toEqual([
      'node_modules/@kubernetes/client-node',
      'node_modules/zod',
    ]);
  });

  it('include one that another package brings along in a version of its own', () => {
    const metafile = outputOf(
      ['node_modules/undici/index.js', 1],
      ['node_modules/a/node_modules/undici/lib/x.js', 1],
    );
    const directories = packageDirectories(metafile);
    const lock = {
      packages: {
        'node_modules/undici': { version: '8.0.0', integrity: 'sha512-QQ==', license: 'MIT' },
        'node_modules/a/node_modules/undici': { version: '7.0.0', integrity: 'sha512-Qg==' },
      },
    };
    expect(bundledPackages(directories, lock)).toEqual([
      { name: 'undici', version: '7.0.0', integrity: 'sha512-Qg==' },
      { name: 'undici', version: '8.0.0', integrity: 'sha512-QQ==', license: 'MIT' },
    ]);
  });

  it('cannot be told without the lock file', () => {
    expect(() => bundledPackages(['node_modules/zod'], { packages: {} })).toThrow(
      'package-lock.json does not say which version node_modules/zod is',
    );
  });
});
