import { beforeEach, describe, expect, it } from 'vitest';
import {
  acme,
  cloudUnderTest,
  sessionOf,
  signed,
  startMs,
  type CloudUnderTest,
} from '../testing/cloud-under-test.ts';
import { keyOf, signOfficiallyAsRoa, signOfficiallyInQuery } from '../testing/sign-officially.ts';

let cloud: CloudUnderTest;
beforeEach(async () => {
  cloud = await cloudUnderTest();
});

describe('a signature', () => {
  it('is refused when any part of the call was altered', async () => {
    const other = signed({ key: keyOf('puller'), query: acme });
    const url = new URL(other.url);
    url.searchParams.set('InstanceId', 'cri-other00000000001');
    const { status, body } = await cloud.send(new Request(url, other));
    expect([status, body['Code']]).toEqual([400, 'SignatureDoesNotMatch']);
  });

  it('is refused when a header was slipped in beside the signed ones', async () => {
    const request = signed({ key: keyOf('puller'), query: acme });
    request.headers.set('x-acs-resource-owner-id', '1');
    const { body } = await cloud.send(request);
    expect(body['Code']).toBe('SignatureDoesNotMatch');
    expect(body['Message']).toContain('x-acs-resource-owner-id');
  });

  it('is refused when the body is not the one that was hashed', async () => {
    const { url, method, headers } = signed({ key: keyOf('puller'), query: acme });
    const { body } = await cloud.send(new Request(url, { method, headers, body: 'Action=Other' }));
    expect(body['Code']).toBe('SignatureDoesNotMatch');
  });

  it('is good once: the same call again is a used nonce', async () => {
    const request = signed({ key: keyOf('puller'), query: acme });
    expect((await cloud.send(request.clone())).status).toBe(200);
    const again = await cloud.send(request);
    expect([again.status, again.body['Code']]).toEqual([400, 'SignatureNonceUsed']);
  });

  it.each([
    [-15 * 60_000, 'success'],
    [15 * 60_000, 'success'],
    [-15 * 60_000 - 1000, 'InvalidTimeStamp.Expired'],
    [15 * 60_000 + 1000, 'InvalidTimeStamp.Expired'],
  ])('by a clock that is %i ms off is answered %s', async (offMs, code) => {
    const request = signed({ key: keyOf('puller'), query: acme, signedAtMs: startMs + offMs });
    expect((await cloud.send(request)).body['Code']).toBe(code);
  });

  it.each([
    [
      'an unknown key',
      { ...keyOf('puller'), accessKeyId: 'SANDBOXNOBODY' },
      404,
      'InvalidAccessKeyId.NotFound',
    ],
    ['a wrong secret', { ...keyOf('puller'), accessKeySecret: 'wrong' }, 400, 'SignatureDoesNotMatch'],
    ['an inactive key', keyOf('leaver'), 400, 'InvalidAccessKeyId.Inactive'],
  ])('with %s is refused', async (_, key, status, code) => {
    const answer = await cloud.send(signed({ key, query: acme }));
    expect([answer.status, answer.body['Code']]).toEqual([status, code]);
  });

  it.each([
    ['no', undefined, 'MissingSecurityToken'],
    ['a mangled', 'token', 'InvalidSecurityToken.Malformed'],
    ['another’s', 'CAISabcd', 'InvalidSecurityToken.MismatchWithAccessKey'],
  ])('of a session with %s security token is refused', async (_, securityToken, code) => {
    const { accessKeyId, accessKeySecret } = cloud.accessKeys.issueSession(sessionOf(startMs + 60_000));
    const key = { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
    expect((await cloud.send(signed({ key, query: acme }))).body['Code']).toBe(code);
  });

  it('is required', async () => {
    const url = 'https://cr.cn-hangzhou.aliyuncs.com/?Action=GetAuthorizationToken&Version=2018-12-01';
    expect((await cloud.send(new Request(url))).body['Code']).toBe('MissingParameter');
  });
});

describe('the older signatures', () => {
  const call = { key: keyOf('puller'), signedAtMs: startMs };

  it('in a query get a token, once', async () => {
    const request = signOfficiallyInQuery({ ...call, query: acme });
    expect((await cloud.send(request.clone())).body['IsSuccess']).toBe(true);
    expect((await cloud.send(request)).body['Code']).toBe('SignatureNonceUsed');
  });

  it('in a query are refused when a parameter was altered', async () => {
    const url = new URL(signOfficiallyInQuery({ ...call, query: acme }).url);
    url.searchParams.set('InstanceId', 'cri-other00000000001');
    const { body } = await cloud.send(new Request(url));
    expect(body['Code']).toBe('SignatureDoesNotMatch');
  });

  it.each([
    ['x-acs-action', 'GetInstance'],
    ['x-acs-version', '2016-06-07'],
  ])(
    'in a query may be sent with %s, which they do not cover, but not with another value',
    async (header, other) => {
      const same = signOfficiallyInQuery({ ...call, query: acme });
      same.headers.set('x-acs-action', 'GetAuthorizationToken');
      same.headers.set('x-acs-version', '2018-12-01');
      expect((await cloud.send(same)).body['IsSuccess']).toBe(true);
      const different = signOfficiallyInQuery({ ...call, query: acme });
      different.headers.set(header, other);
      const { status, body } = await cloud.send(different);
      expect([status, body['Code']]).toEqual([400, 'InvalidParameter']);
    },
  );

  it('in a query are of a call that its parameters name, whatever a header says', async () => {
    const request = signOfficiallyInQuery({ ...call, query: { Action: 'DescribeNothing' } });
    request.headers.set('x-acs-action', 'GetAuthorizationToken');
    await cloud.send(request);
    const nameless = new Request('https://cr.cn-hangzhou.aliyuncs.com/?Signature=none', {
      headers: { 'x-acs-action': 'GetAuthorizationToken', 'x-acs-version': '2018-12-01' },
    });
    expect((await cloud.send(nameless)).body['Code']).toBe('InvalidAction.NotFound');
    expect(cloud.calls.summary().counts).toEqual({
      'container-registry.unknown': { InvalidParameter: 1, 'InvalidAction.NotFound': 1 },
    });
  });

  it('in a query are not good for a path, nor the one in a header for none', async () => {
    const inQuery = signOfficiallyInQuery(call);
    const url = new URL(inQuery.url);
    url.pathname = '/tokens';
    const headers = { 'x-acs-version': '2016-06-07' };
    expect((await cloud.send(new Request(url, { headers }))).body['Code']).toBe('IncompleteSignature');
    const enterprise = { path: '/', action: 'ListInstance', version: '2018-12-01' };
    const inHeader = signOfficiallyAsRoa({ ...call, ...enterprise });
    expect((await cloud.send(inHeader)).body['Code']).toBe('IncompleteSignature');
  });

  it('in a header get a Personal token, once', async () => {
    const request = signOfficiallyAsRoa(call);
    expect((await cloud.send(request.clone())).body).toMatchObject({
      data: { tempUserName: 'cr_temp_user', expireDate: startMs + 3_600_000 },
    });
    expect((await cloud.send(request)).body['Code']).toBe('SignatureNonceUsed');
  });

  it('in a header are refused when a header was altered', async () => {
    const request = signOfficiallyAsRoa(call);
    request.headers.set('date', new Date(startMs + 1000).toUTCString());
    expect((await cloud.send(request)).body['Code']).toBe('SignatureDoesNotMatch');
  });
});
