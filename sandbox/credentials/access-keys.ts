import { randomBytes } from 'node:crypto';
import { Refusal } from '../gateway/refusal.ts';
import type { Account } from '../world/account.ts';
import type { World } from '../world/world.ts';
import type { Caller } from './caller.ts';

/** What an access key id stands for. */
export interface KnownKey {
  readonly accessKeySecret: string;
  readonly caller: Caller;
  /** Of temporary credentials. */
  readonly expiresAtMs: number | undefined;
}

/** Temporary credentials of a role, as STS and the metadata service hand them out. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  readonly expiresAtMs: number;
}

export type RoleSession = Extract<Caller, { kind: 'role-session' }>;

interface IssuedSession {
  readonly credentials: SessionCredentials;
  readonly caller: RoleSession;
}

const tokenForm = /^CAIS[A-Za-z0-9+/]+={0,2}$/;

/** Finds whose an access key is: an account's or a RAM user's of the world, or one of a session that was issued here. */
export class AccessKeys {
  readonly #world: World;
  readonly #sessions = new Map<string, IssuedSession>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Session keys live in memory only: a restarted sandbox does not know those it gave out before. */
  issueSession(caller: RoleSession): SessionCredentials {
    const credentials = {
      accessKeyId: `STS.SANDBOX${randomBytes(9).toString('hex')}`,
      accessKeySecret: `sandbox-${randomBytes(24).toString('hex')}`,
      securityToken: `CAIS${randomBytes(480).toString('base64')}`,
      expiresAtMs: caller.expiresAtMs,
    };
    this.#sessions.set(credentials.accessKeyId, { credentials, caller });
    return credentials;
  }

  /** Throws Refusal where the key is unknown or inactive, or the security token is not the one of the key. */
  find(accessKeyId: string, securityToken: string | undefined): KnownKey {
    const session = this.#sessions.get(accessKeyId);
    return session === undefined
      ? this.#findLongTerm(accessKeyId, securityToken)
      : sessionKey(session, securityToken);
  }

  #findLongTerm(accessKeyId: string, securityToken: string | undefined): KnownKey {
    const held = longTermKeys(this.#world).find(({ key }) => key.accessKeyId === accessKeyId);
    if (held === undefined) throw new Refusal('InvalidAccessKeyId.NotFound');
    const { key, caller } = held;
    if (key.status === 'Inactive') throw new Refusal('InvalidAccessKeyId.Inactive');
    if (securityToken !== undefined) throw new Refusal('InvalidSecurityToken.MismatchWithAccessKey');
    return { accessKeySecret: key.accessKeySecret, caller, expiresAtMs: undefined };
  }
}

interface HeldKey {
  readonly key: Account['rootAccessKeys'][number];
  readonly caller: Caller;
}

function longTermKeys(world: World): readonly HeldKey[] {
  return world.accounts.flatMap(({ uid, rootAccessKeys, ramUsers }) => [
    ...rootAccessKeys.map((key): HeldKey => ({ key, caller: { kind: 'root', account: uid } })),
    ...ramUsers.flatMap(({ name, accessKeys }) =>
      accessKeys.map((key): HeldKey => ({ key, caller: { kind: 'ram-user', account: uid, name } })),
    ),
  ]);
}

function sessionKey({ credentials, caller }: IssuedSession, securityToken: string | undefined): KnownKey {
  if (securityToken === undefined || securityToken === '') throw new Refusal('MissingSecurityToken');
  if (!tokenForm.test(securityToken)) throw new Refusal('InvalidSecurityToken.Malformed');
  if (securityToken !== credentials.securityToken) {
    throw new Refusal('InvalidSecurityToken.MismatchWithAccessKey');
  }
  const { accessKeySecret, expiresAtMs } = credentials;
  return { accessKeySecret, caller, expiresAtMs };
}
