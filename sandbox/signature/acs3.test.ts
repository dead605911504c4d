import { describe, expect, it } from 'vitest';
import type { PresentedCall } from '../gateway/presented-call.ts';
import { acs3Claim, acs3Signature, acs3StringToSign, canonicalRequest } from './acs3.ts';

const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const sentHeaders = {
  'x-acs-content-sha256': emptyHash,
  'x-acs-date': '2026-01-31T12:00:00Z',
  'x-acs-signature-nonce': 'n',
};

function callSigning(...names: readonly string[]): PresentedCall {
  const authorization = `ACS3-HMAC-SHA256 Credential=k,SignedHeaders=${names.join(';')},Signature=${'0'.repeat(64)}`;
  const headers = new Headers({ ...sentHeaders, authorization });
  return { method: 'GET', host: 'cr.example', path: '/', query: [], headers, body: new Uint8Array() };
}

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

  const sorted = ['host', ...Object.keys(sentHeaders)];

  it('takes sorted names of the headers that were sent', () => {
    expect(acs3Claim(callSigning(...sorted)).accessKeyId).toBe('k');
  });

  it.each([
    ['unsorted', sorted.toReversed(), 'x-acs-date'],
    ['said twice', ['host', ...sorted], 'host'],
    ['of no header', ['accept', ...sorted], 'accept'],
    ['in capitals', ['Host', ...sorted], 'Host'],
  ])('takes no names that are %s', (_, names, culprit) => {
    expect(() => acs3Claim(callSigning(...names))).toThrow(`each once; ${culprit} is not`);
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
