import { describe, expect, it } from 'vitest';
import { mirrorsIn, readParagraphs } from './package-index.ts';

describe('what apt prints', () => {
  it('is one paragraph for each package', () => {
    const text =
      'Package: one\nVersion: 1:2.0-3+deb12u1\nDescription: first line\n second: line\n\nPackage: two\n\n';
    expect(readParagraphs(text).map((paragraph) => Object.fromEntries(paragraph))).toEqual([
      { Package: 'one', Version: '1:2.0-3+deb12u1', Description: 'first line' },
      { Package: 'two' },
    ]);
  });

  it('names each mirror once', () => {
    const uris = [
      "'https://mirror.example/debian/dists/stable/InRelease' mirror.example_dists 0 ",
      "'https://mirror.example/debian-security/dists/stable-security/InRelease' mirror.example_security 0 ",
      "'https://mirror.example/debian/dists/stable/main/binary-amd64/Packages.xz' mirror.example_packages 0 ",
      '',
    ];
    expect(mirrorsIn(uris.join('\n'))).toEqual([
      'https://mirror.example/debian',
      'https://mirror.example/debian-security',
    ]);
  });
});
