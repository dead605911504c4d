import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Failure } from '../failures/failure.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { readAnswer } from './cloud-answer.ts';

const shape = z.object({ AuthorizationToken: z.string() });
const secrets = [new Sensitive('s3cret-key'), new Sensitive('session-token')];

function failureOf(status: number, body: unknown, headers: Record<string, string> = {}): Failure {
  try {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    readAnswer('GetAuthorizationToken', { status, headers, body: text }, shape, secrets);
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error('the answer was read, but should have been refused');
}

describe('an answer of the cloud', () => {
  it('is read where it has the promised shape', () => {
    const body = JSON.stringify({ AuthorizationToken: 'x', RequestId: 'r', IsSuccess: true });
    const read = readAnswer('GetAuthorizationToken', { status: 200, headers: {}, body }, shape, secrets);
    expect(read).toEqual({ AuthorizationToken: 'x' });
  });

  it('is a refusal where it says so, with the code, text and request id', () => {
    const failure = failureOf(403, { Code: 'NoPermission', Message: 'not authorized', RequestId: 'R-1' });
    expect(failure.code).toBe('CLOUD_FORBIDDEN');
    expect(failure.message).toBe('GetAuthorizationToken: NoPermission, not authorized, request id R-1');
    expect(failure.refusal).toMatchObject({ code: 'NoPermission', httpStatus: 403, requestId: 'R-1' });
  });

  it('is a refusal with HTTP 200 and IsSuccess false too', () => {
    const failure = failureOf(200, { IsSuccess: false, Code: 'INSTANCE_NOT_EXIST', RequestId: 'R-2' });
    expect(failure.code).toBe('CLOUD_REFUSED');
    expect(failure.message).toContain('INSTANCE_NOT_EXIST');
  });

  it.each([
    ['x-acs-retry-after', '1500', 1500],
    ['x-ratelimit-user-api', 'Limit:1,Remain:0,TimeLeft:2000,Reset:1', 2000],
  ])('asks to wait as long as its header %s says', (name, value, delayMs) => {
    const failure = failureOf(429, { Code: 'Throttling.User', Message: 'slow down' }, { [name]: value });
    expect(failure.code).toBe('CLOUD_THROTTLED');
    expect(failure.retry).toEqual({ kind: 'after', delayMs });
  });

  it('asks for growing pauses where throttling comes without a time', () => {
    expect(failureOf(400, { Code: 'Throttling', Message: 'm' }).retry).toEqual({ kind: 'backoff' });
  });

  it('is not believed where it asks for a pause of years', () => {
    const failure = failureOf(429, { Code: 'Throttling' }, { 'x-acs-retry-after': '99999999999' });
    expect(failure.retry).toEqual({ kind: 'after', delayMs: 300_000 });
  });

  it('is as good as none where the gateway is broken', () => {
    expect(failureOf(503, '<html>bad gateway</html>').code).toBe('CLOUD_UNREACHABLE');
  });

  it('names the missing field and quotes nothing where it is malformed', () => {
    const failure = failureOf(200, { AuthorizationToken: 5, Other: 'session-token' });
    expect(failure.code).toBe('CLOUD_MALFORMED');
    expect(failure.message).toBe('GetAuthorizationToken: the answer lacks a usable AuthorizationToken');
  });

  it('never repeats a token that it quotes percent-encoded, in whatever field', () => {
    const odd = new Sensitive('CAIS+abc/d==');
    const quoted = encodeURIComponent(odd.reveal());
    const body = JSON.stringify({
      Code: `X${quoted}`,
      Message: encodeURIComponent(quoted),
      RequestId: odd.reveal(),
    });
    const read = () => readAnswer('GetAuthorizationToken', { status: 400, headers: {}, body }, shape, [odd]);
    expect(read).toThrow('GetAuthorizationToken: X[sensitive], [sensitive], request id [sensitive]');
  });

  it('never repeats the keys and tokens of the request that the cloud quotes', () => {
    const quoted = 'server CanonicalRequest is [x-acs-security-token:session-token], key s3cret-key';
    const failure = failureOf(400, { Code: 'SignatureDoesNotMatch', Message: quoted });
    expect(failure.message).not.toMatch(/session-token:?session-token|s3cret-key/);
    expect(failure.message).toContain('[sensitive]');
  });
});
