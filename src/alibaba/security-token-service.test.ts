import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { ScriptedTransport, sessionAnswer } from './scripted-transport.ts';
import { securityTokenService } from './security-token-service.ts';

const signal = new AbortController().signal;
const endpoint = new URL('https://sts.aliyuncs.com');
const caller = { accessKeyId: 'example-id', accessKeySecret: new Sensitive('example-secret') };
const request = { roleArn: 'acs:ram::1000000000000001:role/a', sessionName: 'n', sessionSeconds: 7_200 };
const oidc = {
  ...request,
  oidcProviderArn: 'acs:ram::1000000000000001:oidc-provider/ack',
  oidcToken: new Sensitive('example.oidc.token'),
};

function service(transport: ScriptedTransport) {
  return securityTokenService({ endpoint, transport, clock: new VirtualClock() });
}

describe('the Security Token Service', () => {
  it('is asked with an OIDC token by a form that nobody signs', async () => {
    const transport = new ScriptedTransport({
      AssumeRoleWithOIDC: () => sessionAnswer('a', 7_200_000),
    });
    const credentials = await service(transport).assumeRoleWithOidc(oidc, signal);
    const [call] = transport.calls;
    expect(call?.sent.url.href).toBe('https://sts.aliyuncs.com/');
    expect(call?.sent.headers).not.toHaveProperty('authorization');
    expect(call?.sent.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-version': '2015-04-01',
    });
    expect(call?.parameters).toEqual({
      RoleArn: request.roleArn,
      RoleSessionName: 'n',
      DurationSeconds: '7200',
      OIDCProviderArn: oidc.oidcProviderArn,
      OIDCToken: 'example.oidc.token',
    });
    expect(credentials.accessKeyId).toBe('session-a');
    expect(credentials.accessKeySecret.reveal()).toBe('secret-of-a');
    expect(credentials.session?.securityToken.reveal()).toBe('token-of-a');
    expect(credentials.session?.expiresAtMs).toBe(7_200_000);
  });

  it('is asked for a role by a signed call of whoever assumes it', async () => {
    const transport = new ScriptedTransport({ AssumeRole: () => sessionAnswer('b', 7_200_000) });
    const session = { securityToken: new Sensitive('example-session'), expiresAtMs: 0 };
    const credentials = await service(transport).assumeRole(request, { ...caller, session }, signal);
    const [call] = transport.calls;
    expect(call?.sent.headers['authorization']).toContain('Credential=example-id');
    expect(call?.sent.headers['x-acs-security-token']).toBe('example-session');
    expect(call?.parameters).toEqual({
      RoleArn: request.roleArn,
      RoleSessionName: 'n',
      DurationSeconds: '7200',
    });
    expect(credentials.accessKeyId).toBe('session-b');
  });

  it('says who credentials belong to', async () => {
    const arn = 'acs:ram::1000000000000001:assumed-role/a/n';
    const transport = new ScriptedTransport({
      GetCallerIdentity: () => ({ status: 200, body: { AccountId: '1000000000000001', Arn: arn } }),
    });
    const identity = await service(transport).callerIdentity(caller, signal);
    expect(identity).toEqual({ accountId: '1000000000000001', arn });
  });

  it('may quote the token that it refuses, which nobody gets to read', async () => {
    const Message = 'This JWT is not for us: example.oidc.token';
    const transport = new ScriptedTransport({
      AssumeRoleWithOIDC: () => ({
        status: 400,
        body: { Code: 'AuthenticationFail.OIDCToken.Invalid', Message, RequestId: 'R-2' },
      }),
    });
    await expect(service(transport).assumeRoleWithOidc(oidc, signal)).rejects.toMatchObject({
      code: 'CLOUD_REFUSED',
      message:
        'AssumeRoleWithOIDC at sts.aliyuncs.com: AuthenticationFail.OIDCToken.Invalid, ' +
        'This JWT is not for us: [sensitive], request id R-2',
    });
  });

  it('is not believed where an answer has no session', async () => {
    const transport = new ScriptedTransport({ AssumeRole: () => ({ status: 200, body: {} }) });
    await expect(service(transport).assumeRole(request, caller, signal)).rejects.toMatchObject({
      code: 'CLOUD_MALFORMED',
    });
  });
});
