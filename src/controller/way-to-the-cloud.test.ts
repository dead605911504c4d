import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wayToTheCloud } from './way-to-the-cloud.ts';

const direct = { caFile: undefined };
const absent = join(import.meta.dirname, 'absent.pem');

describe('the way to Alibaba Cloud', () => {
  it.each([
    [{ HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:2' }, 'upper:1'],
    [{ https_proxy: 'http://lower:2' }, 'lower:2'],
    [{ HTTPS_PROXY: '', https_proxy: 'http://lower:2' }, 'lower:2'],
    [{ HTTPS_PROXY: ' ' }, undefined],
    [{ HTTP_PROXY: 'http://plain:1', ALL_PROXY: 'http://all:1', all_proxy: 'http://all:1' }, undefined],
  ])('leads, with %o, through %s', (environment, host) => {
    expect(wayToTheCloud(direct, environment).proxy?.host).toBe(host);
  });

  it('passes by what NO_PROXY names, in either case', () => {
    expect(wayToTheCloud(direct, { NO_PROXY: 'a', no_proxy: 'b' }).noProxy).toBe('a');
    expect(wayToTheCloud(direct, { no_proxy: 'b' }).noProxy).toBe('b');
    expect(wayToTheCloud(direct, {}).noProxy).toBe('');
  });

  it.each([
    [{ caFile: absent }, {}, '--ca-file'],
    [direct, { NODE_EXTRA_CA_CERTS: absent }, 'the variable NODE_EXTRA_CA_CERTS'],
    [direct, { https_proxy: 'ftp://proxy' }, 'the variable https_proxy'],
  ])('is refused at start where it cannot be as %o %o say', (flags, environment, named) => {
    const found = () => wayToTheCloud(flags, environment);
    expect(found).toThrow(expect.objectContaining({ code: 'FLAGS_INVALID' }));
    expect(found).toThrow(named);
  });
});
