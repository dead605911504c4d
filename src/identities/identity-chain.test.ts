import { describe, expect, it } from 'vitest';
import { ScriptedTransport, sessionAnswer } from '../alibaba/scripted-transport.ts';
import { securityTokenService } from '../alibaba/security-token-service.ts';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { IdentityChoice, OwnIdentity } from '../settings/settings.ts';
import { identityOf, type IdentitySources } from './identity-chain.ts';

const signal = new AbortController().signal;
const clock = new VirtualClock();
const account = 'acs:ram::1000000000000001';
const entryRole = { roleArn: `${account}:role/entry`, oidcProviderArn: `${account}:oidc-provider/entry` };
const podRole = { roleArn: `${account}:role/pod`, oidcProviderArn: `${account}:oidc-provider/pod` };
const ownersRole = 'acs:ram::2000000000000002:role/owner';

const rrsa: OwnIdentity = { kind: 'rrsa', role: entryRole, sessionSeconds: 3_600 };
const inlineKey: OwnIdentity = {
  kind: 'inline-access-key',
  accessKeyId: 'key',
  accessKeySecret: new Sensitive('example'),
};

function assumedFrom(from: OwnIdentity): IdentityChoice {
  return { kind: 'assumed-role', roleArn: ownersRole, sessionSeconds: 7_200, from };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A world in which each identity would work, with what was asked of it in the order of asking. */
function chain(
  replies: ConstructorParameters<typeof ScriptedTransport>[0],
  given: Partial<IdentitySources> = {},
) {
  const asked: string[] = [];
  const transport = new ScriptedTransport(replies);
  let tokens = 0;
  const sources: IdentitySources = {
    connection: {
      request: () => {
        asked.push('Secret');
        return Promise.resolve({
          data: { 'access-key-id': base64('from-secret'), 'access-key-secret': base64('example') },
        });
      },
    } as unknown as Connection,
    namespace: 'kube-system',
    nodeRole: () => {
      asked.push('node role');
      const session = { securityToken: new Sensitive('example'), expiresAtMs: 1 };
      return Promise.resolve({ accessKeyId: 'node', accessKeySecret: new Sensitive('example'), session });
    },
    oidcToken: () => {
      asked.push('OIDC token');
      tokens += 1;
      return Promise.resolve(new Sensitive(`token-${tokens}`));
    },
    podRole: { kind: 'known', role: podRole },
    sessionName: 'acr-credential-helper@test',
    securityTokens: () => {
      const endpoint = new URL('https://sts.aliyuncs.com');
      return Promise.resolve(securityTokenService({ endpoint, transport, clock }));
    },
    ...given,
  };
  const ask = (choice: IdentityChoice) => identityOf(choice, sources)(signal);
  return { ask, asked, transport };
}

let sessions = 0;
const open = () => {
  sessions += 1;
  return sessionAnswer(String(sessions), 7_200_000);
};
const works = { AssumeRoleWithOIDC: open, AssumeRole: open };
const refuses = () => ({ status: 403, body: { Code: 'NoPermission', Message: 'no', RequestId: 'R-1' } });

describe('an identity', () => {
  it.each<[string, IdentityChoice, string, string[]]>([
    ['the node’s role', { kind: 'node-role' }, 'node', ['node role']],
    ['an access key in the entry', inlineKey, 'key', []],
    ['an access key in a Secret', { kind: 'access-key-secret', secretName: 'a' }, 'from-secret', ['Secret']],
  ])('is %s, and nothing else is asked', async (_, choice, id, expected) => {
    const { ask, asked, transport } = chain({});
    expect((await ask(choice)).accessKeyId).toBe(id);
    expect(asked).toEqual(expected);
    expect(transport.calls).toEqual([]);
  });

  it('by RRSA is the role of the entry, with the add-on’s token', async () => {
    const { ask, transport } = chain({ AssumeRoleWithOIDC: () => sessionAnswer('a', 3_600_000) });
    expect((await ask(rrsa)).accessKeyId).toBe('session-a');
    expect(transport.calls.map(({ parameters }) => parameters)).toEqual([
      {
        RoleArn: entryRole.roleArn,
        OIDCProviderArn: entryRole.oidcProviderArn,
        OIDCToken: 'token-1',
        DurationSeconds: '3600',
        RoleSessionName: 'acr-credential-helper@test',
      },
    ]);
  });

  it('by RRSA is the Pod’s role where the entry names none', async () => {
    const { ask, transport } = chain(works);
    await ask({ kind: 'rrsa', role: undefined, sessionSeconds: 3_600 });
    expect(transport.calls[0]?.parameters).toMatchObject({
      RoleArn: podRole.roleArn,
      OIDCProviderArn: podRole.oidcProviderArn,
    });
  });

  it.each<[string, OwnIdentity, string[], string]>([
    ['RRSA', rrsa, ['AssumeRoleWithOIDC', 'AssumeRole'], 'session-first'],
    ['the node’s role', { kind: 'node-role' }, ['AssumeRole'], 'node'],
    ['an access key', inlineKey, ['AssumeRole'], 'key'],
  ])('that assumes a role is asked for by %s', async (_, from, actions, signer) => {
    const { ask, transport } = chain({
      AssumeRoleWithOIDC: () => sessionAnswer('first', 3_600_000),
      AssumeRole: () => sessionAnswer('last', 7_200_000),
    });
    const credentials = await ask(assumedFrom(from));
    expect(credentials.accessKeyId).toBe('session-last');
    expect(credentials.session?.expiresAtMs).toBe(7_200_000);
    expect(transport.calls.map(({ action }) => action)).toEqual(actions);
    const last = transport.calls.at(-1);
    expect(last?.sent.headers['authorization']).toContain(`Credential=${signer},`);
    expect(last?.parameters).toMatchObject({ RoleArn: ownersRole, DurationSeconds: '7200' });
  });

  it('goes through the whole chain again each time, with a token and sessions of its own', async () => {
    const { ask, transport } = chain(works);
    const first = await ask(assumedFrom(rrsa));
    const second = await ask(assumedFrom(rrsa));
    expect(first.accessKeyId).not.toBe(second.accessKeyId);
    expect(transport.calls.flatMap(({ parameters }) => parameters['OIDCToken'] ?? [])).toEqual([
      'token-1',
      'token-2',
    ]);
  });
});

describe('an identity that fails', () => {
  const unavailable = new Failure('OIDC_TOKEN_UNAVAILABLE', 'no token');
  it.each<[string, IdentityChoice, Parameters<typeof chain>, string]>([
    ['the exchange is refused', rrsa, [{ AssumeRoleWithOIDC: refuses }], 'CLOUD_FORBIDDEN'],
    ['the cloud is away', rrsa, [{}], 'CLOUD_UNREACHABLE'],
    [
      'there is no token',
      rrsa,
      [works, { oidcToken: () => Promise.reject(unavailable) }],
      'OIDC_TOKEN_UNAVAILABLE',
    ],
    [
      'nobody names the role',
      { kind: 'rrsa', role: undefined, sessionSeconds: 3_600 },
      [works, { podRole: { kind: 'unknown', why: 'they name none' } }],
      'RRSA_ROLE_UNKNOWN',
    ],
    [
      'the owner’s role is refused',
      assumedFrom(rrsa),
      [{ ...works, AssumeRole: refuses }],
      'CLOUD_FORBIDDEN',
    ],
    [
      'the hop before it is refused',
      assumedFrom(rrsa),
      [{ ...works, AssumeRoleWithOIDC: refuses }],
      'CLOUD_FORBIDDEN',
    ],
  ])(
    'where %s is replaced by no other, not by a node’s role that would have worked',
    async (_, choice, world, code) => {
      const { ask, asked } = chain(...world);
      await expect(ask(choice)).rejects.toMatchObject({ code });
      expect(asked.filter((each) => each !== 'OIDC token')).toEqual([]);
    },
  );
});

const noTrust = () => ({
  status: 401,
  body: { Code: 'AuthenticationFail.NoPermission', Message: 'There is no permission', RequestId: 'R-1' },
});

const throttles = () => ({ status: 429, body: { Code: 'Throttling.User', Message: 'Slow down' } });

describe('an identity that the cloud refuses', () => {
  const alice = `${account}:user/alice`;

  it('tells what the role’s trust policy lacks for the token, and not the token', async () => {
    const claims = {
      iss: 'https://issuer.example',
      sub: 'system:serviceaccount:a:b',
      aud: 'sts.aliyuncs.com',
    };
    const token = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
    const { ask } = chain(
      { AssumeRoleWithOIDC: noTrust },
      { oidcToken: () => Promise.resolve(new Sensitive(token)) },
    );
    const message = await messageOf(ask(rrsa));
    expect(message).toMatch(/the trust policy of role entry of account 1000000000000001.*request id R-1$/);
    expect(message).toContain('"oidc:sub":"system:serviceaccount:a:b"');
    expect(message).not.toContain(token);
  });

  it('tells which role lacks the right to assume the owner’s, or the trust of it', async () => {
    const { ask, transport } = chain({ ...works, AssumeRole: refuses });
    const message = await messageOf(ask(assumedFrom(rrsa)));
    expect(message).toContain('role entry of account 1000000000000001 lacks sts:AssumeRole on role owner');
    expect(message).toContain(`"Principal":{"RAM":["${entryRole.roleArn}"]}`);
    expect(transport.calls.map(({ action }) => action)).not.toContain('GetCallerIdentity');
  });

  it.each([
    ['a user', alice, alice],
    ['a role', `${account}:assumed-role/worker/i-example`, `${account}:role/worker`],
  ])('asks the cloud whose key it is where only that tells: %s', async (_, arn, principal) => {
    const identity = () => ({ status: 200, body: { AccountId: '1000000000000001', Arn: arn } });
    const { ask } = chain({ AssumeRole: refuses, GetCallerIdentity: identity });
    const message = await messageOf(ask(assumedFrom({ kind: 'node-role' })));
    expect(message).toContain(`"Principal":{"RAM":["${principal}"]}`);
  });

  it('asks the cloud for nothing more where it asks to slow down', async () => {
    const { ask, transport } = chain({ AssumeRole: throttles });
    await expect(ask(assumedFrom({ kind: 'node-role' }))).rejects.toMatchObject({ code: 'CLOUD_THROTTLED' });
    expect(transport.calls.map(({ action }) => action)).toEqual(['AssumeRole']);
  });

  it('tells what it can where the cloud does not say whose key it is', async () => {
    const { ask } = chain({ AssumeRole: refuses, GetCallerIdentity: refuses });
    const message = await messageOf(ask(assumedFrom({ kind: 'access-key-secret', secretName: 'keys' })));
    expect(message).toMatch(/the owner of the access key in Secret keys lacks sts:AssumeRole/);
  });
});

async function messageOf(asking: Promise<unknown>): Promise<string> {
  const thrown: unknown = await asking.catch((failure: unknown) => failure);
  if (thrown instanceof Failure) return thrown.message;
  throw new Error('it did not fail');
}
