import { describe, expect, it } from 'vitest';
import { acs3Signature, acs3StringToSign, canonicalRequest } from './acs3.ts';

describe('ACS3-HMAC-SHA256', () => {
  it('gives the signature of the official SDKs’ test vector', () => {
    const canonical = canonicalRequest({
      method: '',
      path: '',
      query: [
        ['test', 'ok'],
        ['empty', ''],
      ],
      headers: [['x-acs-test', 'http,https']],
      payloadHash: '55e12e91650d2fec56ec74e1d3e4ddbfce2ef3a65890c2a19ecf88a307e76a23',
    });
    expect(acs3Signature(acs3StringToSign(canonical), 'secret')).toBe(
      '4ab59fffe3c5738ff8a2729f90cc04fe18b02a4b15b2102cbaf92f9ff3df2ea3',
    );
  });

  it('escapes all but unreserved characters, and sorts capitals before small letters', () => {
    const canonical = canonicalRequest({
      method: 'POST',
      path: '/',
      query: [
        ['b', "a *~!'()+/"],
        ['a', 'ü'],
        ['B', ''],
      ],
      headers: [],
      payloadHash: '',
    });
    expect(canonical.split('\n')[2]).toBe('B=&a=%C3%BC&b=a%20%2A~%21%27%28%29%2B%2F');
  });
});
