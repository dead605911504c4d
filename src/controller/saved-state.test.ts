import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { noHolders } from '../pull-secrets/settle-logins.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Settings } from '../settings/settings.ts';
import type { ObjectData } from './kept-object.ts';
import { SavedState, type State } from './saved-state.ts';

const secretName = 'acr-credential-helper-state';
const scopeName = 'acr-scope-in-force';

interface RawKept {
  readonly data?: ObjectData;
  readonly metadata: { readonly annotations?: ObjectData };
}

function settingsOf(watchNamespace: string): Settings {
  const reading = readSettings({
    'acr-registry-info': '- instanceId: ""\n',
    'watch-namespace': watchNamespace,
  });
  if (reading.kind === 'refused') throw new Error('refused');
  return reading.settings;
}

describe('the state that a leader leaves', () => {
  const settings = settingsOf('team-a');
  let clock: VirtualClock;
  let stored: Map<string, ObjectData>;
  let connection: Connection;
  let log: string;

  beforeEach(async () => {
    clock = new VirtualClock();
    stored = new Map();
    log = '';
    const answer = ({ method, target, body }: ApiCall): unknown => {
      const name = target.name ?? '';
      if (method === 'PATCH') {
        const { data, metadata }: Partial<RawKept> = body?.content ?? {};
        stored.set(name, data ?? metadata?.annotations ?? {});
      }
      const kept = stored.get(name);
      if (kept === undefined) throw new Failure('KUBERNETES_NOT_FOUND', 'no');
      return { metadata: { name, annotations: kept }, data: kept };
    };
    const request = async <T>(call: ApiCall) => Promise.resolve(answer(call) as T);
    connection = { request } satisfies Pick<Connection, 'request'> as unknown as Connection;
    await lead([]);
  });

  /** One term. */
  async function lead(...waitingPods: readonly State['waitingPods'][]): Promise<void> {
    await leadWith({ admission: 'none', registration: undefined }, ...waitingPods);
  }

  async function leadWith(
    told: Pick<State, 'admission' | 'registration'> & Partial<Pick<State, 'settings'>>,
    ...waitingPods: readonly State['waitingPods'][]
  ): Promise<void> {
    const leading = new AbortController();
    const state = savedState();
    await state.read(leading.signal);
    void state.writeUntil(leading.signal);
    const waitingScope = settingsOf('team-b').scope;
    for (const each of waitingPods) {
      const rest = { logins: [], holders: noHolders, settings, waitingScope, ...told };
      state.keep({ ...rest, waitingPods: each });
      await clock.advance(0);
    }
    leading.abort();
  }

  const logger = pino({}, { write: (line) => (log += line) });
  const savedState = () => new SavedState({ connection, clock, logger, random: () => 0 }, 'kube-system');
  const found = () => savedState().read(new AbortController().signal);

  const published = (key: string) => stored.get(scopeName)?.[key];
  const namedPods = () => published('waiting-pods');

  it('tells whether the webhook is asked, and a new leader leaves it so until it has looked', async () => {
    await leadWith({ admission: 'webhook', registration: 'open' }, []);
    expect(published('webhook-registration')).toBe('open');
    await leadWith({ admission: 'webhook', registration: undefined }, []);
    expect(published('webhook-registration')).toBe('open');
    await leadWith({ admission: 'webhook', registration: 'missing' }, []);
    expect(published('webhook-registration')).toBe('missing');
    await leadWith({ admission: 'none', registration: undefined }, []);
    expect(published('webhook-registration')).toBeUndefined();
  });

  it('is found by the next one', async () => {
    expect(await found()).toEqual({ logins: [], holders: noHolders, settings, scope: settings.scope });
  });

  it('still has the scope that was in force where the Secret is lost', async () => {
    stored.delete(secretName);
    expect(await found()).toMatchObject({ settings: undefined, scope: settings.scope });
  });

  it('is left out where it is of a version that is not known, and taken where it is of none', async () => {
    const { version, ...rest } = stored.get(secretName) ?? {};
    expect(version).toBeDefined();
    stored.set(secretName, { ...rest, version: Buffer.from('2').toString('base64') });
    expect((await found()).settings).toBeUndefined();
    stored.set(secretName, rest);
    expect((await found()).settings).toEqual(settings);
  });

  it('tells of a scope that waits beside the one in force, and nowhere else', () => {
    expect(stored.get(scopeName)).toMatchObject({
      'watch-namespace': 'team-a',
      'waiting-watch-namespace': 'team-b',
    });
    expect(Object.keys(stored.get(secretName) ?? {})).not.toContain('waiting');
  });

  it('has the scope in force compiled for the admission policy, and not the one that waits', () => {
    expect(stored.get('acr-compiled-scope')).toEqual({
      'acr-credential-helper/compiled-namespace-names': 'team-a',
      'acr-credential-helper/compiled-account-names': 'default',
    });
  });

  it('has none of a scope that is too long for annotations, says so once, and has it again when it is shorter', async () => {
    const admission = { admission: 'policy', registration: undefined } as const;
    const names = Array.from({ length: 26_000 }, (_, index) => `team-${index}`);
    await leadWith({ ...admission, settings: settingsOf(names.join(',')) }, [], []);
    expect(stored.get('acr-compiled-scope')).toEqual({});
    expect(published('watch-namespace')?.split(',')).toHaveLength(names.length);
    expect(log.match(/too long for the admission policy/g)).toHaveLength(1);
    expect(published('policy-scope')).toBe('too-long');
    await leadWith(admission, []);
    expect(stored.get('acr-compiled-scope')).not.toEqual({});
    expect(published('policy-scope')).toBeUndefined();
  });

  it('says nothing of a policy that is not there', async () => {
    const names = Array.from({ length: 26_000 }, (_, index) => `team-${index}`);
    const registration = undefined;
    await leadWith({ admission: 'none', registration, settings: settingsOf(names.join(',')) }, []);
    expect(stored.get('acr-compiled-scope')).toEqual({});
    expect(log).not.toContain('too long');
    expect(published('policy-scope')).toBeUndefined();
  });

  it('names the Pods that the last leader found until others are looked for', async () => {
    expect(namedPods()).toBeUndefined();
    await lead(['team-a/app', 'team-a/web']);
    await lead(undefined);
    expect(namedPods()).toBe('team-a/app, team-a/web');
    await lead(undefined, []);
    expect(namedPods()).toBeUndefined();
  });
});
