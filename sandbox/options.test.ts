import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

it('names the state directory in full, as clients elsewhere are told of files in it', () => {
  const options = readOptions(['--world', 'w.yaml', '--state-dir', 'state']);
  expect(options['state-dir']).toBe(resolve('state'));
});
