import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Instance } from '../settings/settings.ts';
import { LoginBook } from './login-book.ts';
import { personalDomains } from './registry-domains.ts';
import type { RegistryLogin } from './registry-login.ts';
import { loadLogins, saveLogins, type SavedLogin } from './saved-logins.ts';

const minuteMs = 60_000;
const logger = pino({ enabled: false });

function instanceOf(key: string, domains?: string[]): Instance {
  const edition = { kind: 'enterprise', instanceId: key } as const;
  return { key, edition, regionId: 'cn-hangzhou', domains, identity: { kind: 'node-role' } };
}

const personal = (regionId?: string): Instance => ({
  ...instanceOf(regionId === undefined ? 'personal' : `personal@${regionId}`),
  edition: { kind: 'personal' },
  regionId,
});
const inRegion = (regionId: string) => ({ ...instanceOf('cri-a'), key: `cri-a@${regionId}`, regionId });

/** The cluster is in cn-hangzhou. */
const domainsOf = ({ edition, regionId = 'cn-hangzhou' }: Instance) =>
  edition.kind === 'personal' ? personalDomains(regionId) : ['a.example'];

describe('the login book', () => {
  let clock: VirtualClock;
  let mints: string[];
  let failNext: Failure[];
  let failed: string[];
  let savedAtMints: string[];
  let changes: number;
  let inherited: string[];
  let book: LoginBook;
  let leadership: AbortController;

  beforeEach(() => {
    clock = new VirtualClock();
    mints = [];
    failNext = [];
    failed = [];
    savedAtMints = [];
    changes = 0;
    inherited = [];
    leadership = new AbortController();
    book = newBook();
  });

  function newBook(): LoginBook {
    return new LoginBook({
      mint: (instance) => {
        mints.push(instance.key);
        const failure = failNext.shift();
        if (failure !== undefined) return Promise.reject(failure);
        const nowMs = clock.nowMs();
        const login: RegistryLogin = {
          instanceKey: instance.key,
          userName: 'cr_temp_user',
          token: new Sensitive(`token ${mints.length}`),
          mintedAtMs: nowMs,
          expiresAtMs: nowMs + 60 * minuteMs,
          domains: instance.domains ?? domainsOf(instance),
        };
        return Promise.resolve(login);
      },
      onChange: () => changes++,
      onInherit: (formerKey, key) => inherited.push(`${formerKey} → ${key}`),
      onMint: () => {
        savedAtMints.push(saveLogins(book.saved()));
      },
      onFailure: (instanceKey) => failed.push(instanceKey),
      onRecovery: () => undefined,
      clock,
      logger,
      random: () => 0,
    });
  }

  const tokens = () => book.logins().map(({ token }) => token.reveal());

  it('mints nothing before it leads', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    await clock.advance(60 * minuteMs);
    expect(mints).toEqual([]);
  });

  it('mints once for each instance and renews when the threshold is left', async () => {
    book.follow([instanceOf('cri-a'), instanceOf('cri-b')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    expect(mints).toEqual(['cri-a', 'cri-b']);
    await clock.advance(45 * minuteMs - 1);
    expect(mints).toHaveLength(2);
    await clock.advance(1);
    expect(mints).toHaveLength(4);
  });

  it('tells of renewals that are near each other once, within a tenth of what the replaced login still has', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(minuteMs);
    book.follow([instanceOf('cri-a'), instanceOf('cri-b')], 15 * minuteMs);
    await clock.advance(0);
    const before = changes;
    await clock.advance(45 * minuteMs);
    expect([mints.length, changes - before]).toEqual([4, 0]);
    await clock.advance(minuteMs / 2);
    expect(changes - before).toBe(1);
    await clock.advance(40 * minuteMs);
    expect(changes - before).toBe(1);
  });

  it('says once that a login has expired, tells of it, and keeps it', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(minuteMs);
    failNext = Array.from({ length: 90 }, () => new Failure('CLOUD_UNREACHABLE', 'no answer'));
    await clock.advance(59 * minuteMs - 1);
    const before = changes;
    expect(book.expired()).toEqual(new Set());
    await clock.advance(1);
    expect([[...book.expired()], changes - before]).toEqual([['cri-a'], 1]);
    await clock.advance(5 * minuteMs);
    expect([tokens(), changes - before]).toEqual([['token 1'], 1]);
    failNext = [];
    await clock.advance(minuteMs);
    expect([[...book.expired()], changes - before]).toEqual([[], 2]);
  });

  it('says nothing of an expiry when it does not lead', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(minuteMs);
    leadership.abort();
    const before = changes;
    await clock.advance(2 * 60 * minuteMs);
    expect([book.expired().size, changes - before]).toEqual([0, 0]);
  });

  it('keeps the last good login while the cloud fails, and tries again with growing pauses', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    failNext = Array.from({ length: 30 }, () => new Failure('CLOUD_UNREACHABLE', 'no answer'));
    await clock.advance(45 * minuteMs);
    await clock.advance(10 * minuteMs);
    expect(tokens()).toEqual(['token 1']);
    expect(mints.length).toBeLessThan(40);
    await clock.advance(30 * minuteMs);
    expect(tokens()).toEqual([`token ${mints.length}`]);
  });

  it('waits as long as a throttling answer asks', async () => {
    failNext = [new Failure('CLOUD_THROTTLED', 'slow down', { retry: { kind: 'after', delayMs: 20_000 } })];
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(19_999);
    expect(mints).toHaveLength(1);
    expect(failed).toEqual(['cri-a']);
    await clock.advance(1);
    expect(tokens()).toEqual(['token 2']);
  });

  it('mints nothing again for an instance that is followed as before', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    book.follow([instanceOf('cri-a'), instanceOf('cri-b')], 20 * minuteMs);
    await clock.advance(0);
    expect(mints).toEqual(['cri-a', 'cri-b']);
    await clock.advance(40 * minuteMs);
    expect(mints).toHaveLength(4);
  });

  it('replaces the login of a changed entry at once, and keeps the old one until then', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    failNext = [new Failure('CLOUD_UNREACHABLE', 'no answer')];
    book.follow([instanceOf('cri-a', ['b.example'])], 15 * minuteMs);
    await clock.advance(0);
    expect(tokens()).toEqual(['token 1']);
    await clock.advance(2_000);
    expect(book.logins()[0]?.domains).toEqual(['b.example']);
  });

  it('drops the login of an instance that is no longer followed, and says so', async () => {
    book.follow([instanceOf('cri-a'), instanceOf('cri-b')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    const before = changes;
    book.follow([instanceOf('cri-b')], 15 * minuteMs);
    expect(book.logins().map(({ instanceKey }) => instanceKey)).toEqual(['cri-b']);
    expect(changes).toBe(before + 1);
  });

  it('notices within ten minutes that the clock was set forward', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    clock.stepWallClock(40 * minuteMs);
    await clock.advance(10 * minuteMs);
    expect(mints).toHaveLength(2);
  });

  it('stops minting when leadership is lost, and goes on when it comes back', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    leadership.abort();
    await clock.advance(90 * minuteMs);
    expect(mints).toHaveLength(1);
    book.mintUntil(new AbortController().signal);
    await clock.advance(0);
    expect(mints).toHaveLength(2);
  });

  it('keeps the login of an entry whose region is changed, until there is a new one', async () => {
    book.follow([inRegion('cn-hangzhou')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    failNext = [new Failure('CLOUD_REFUSED', 'no such instance in this region')];
    book.follow([inRegion('cn-hangzhuo')], 15 * minuteMs);
    await clock.advance(0);
    expect(book.logins()).toMatchObject([
      { instanceKey: 'cri-a@cn-hangzhuo', token: new Sensitive('token 1') },
    ]);
    expect(tokens()).toEqual(['token 1']);
  });

  it('gives the login of an instance to no other entry while its own is there', async () => {
    book.follow([inRegion('cn-hangzhou')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    failNext = [new Failure('CLOUD_REFUSED', 'no such instance in this region')];
    book.follow([inRegion('cn-hangzhou'), inRegion('cn-beijing')], 15 * minuteMs);
    await clock.advance(0);
    expect(book.logins().map(({ instanceKey }) => instanceKey)).toEqual(['cri-a@cn-hangzhou']);
  });

  it('leaves the login of an entry that gets a region with its instance, however many entries there are now', async () => {
    book.follow([personal()], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    failNext = [new Failure('CLOUD_REFUSED', 'no'), new Failure('CLOUD_REFUSED', 'no')];
    book.follow([personal('cn-beijing'), personal('cn-hangzhou')], 15 * minuteMs);
    await clock.advance(0);
    expect(book.logins()).toMatchObject([
      { instanceKey: 'personal@cn-hangzhou', token: new Sensitive('token 1') },
    ]);
    expect(inherited).toEqual(['personal → personal@cn-hangzhou']);
  });

  it('gives the login of an entry that is gone to one that had none yet', async () => {
    book.follow([personal()], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    failNext = Array.from({ length: 200 }, () => new Failure('CLOUD_REFUSED', 'no'));
    book.follow([personal(), personal('cn-hangzhou')], 15 * minuteMs);
    await clock.advance(minuteMs);
    book.follow([personal('cn-hangzhou')], 15 * minuteMs);
    expect(tokens()).toEqual(['token 1']);
    await clock.advance(59 * minuteMs);
    expect([...book.expired()]).toEqual(['personal@cn-hangzhou']);
    failNext = [];
    await clock.advance(minuteMs);
    expect([tokens().length, book.expired().size]).toEqual([1, 0]);
    expect(tokens()).not.toEqual(['token 1']);
  });

  it('renews by another threshold without a new mint, and forgets no pause that was asked for', async () => {
    const retry = { kind: 'after', delayMs: 10 * minuteMs } as const;
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    failNext = [new Failure('CLOUD_THROTTLED', 'slow down', { retry })];
    book.follow([instanceOf('cri-a'), instanceOf('cri-b')], 15 * minuteMs);
    await clock.advance(minuteMs);
    book.follow([instanceOf('cri-a'), instanceOf('cri-b')], 20 * minuteMs);
    await clock.advance(9 * minuteMs - 1);
    expect(mints).toEqual(['cri-a', 'cri-b']);
    await clock.advance(1);
    expect(mints).toEqual(['cri-a', 'cri-b', 'cri-b']);
    await clock.advance(30 * minuteMs);
    expect(mints).toEqual(['cri-a', 'cri-b', 'cri-b', 'cri-a']);
  });

  it('leaves a mint in hand and its pauses alone when something else of the configuration changes', async () => {
    failNext = [new Failure('CLOUD_UNREACHABLE', 'no answer')];
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    for (let edit = 0; edit < 5; edit++) book.follow([instanceOf('cri-a')], 15 * minuteMs);
    await clock.advance(0);
    expect(mints).toHaveLength(1);
  });

  it('starts a new term with what was saved, not with the logins of a former term, which may be out of date', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(0);
    leadership.abort();
    await clock.advance(90 * minuteMs);
    failNext = Array.from({ length: 30 }, () => new Failure('CLOUD_UNREACHABLE', 'no answer'));
    book.restore([]);
    book.mintUntil(new AbortController().signal);
    await clock.advance(5_000);
    expect(book.logins()).toEqual([]);
  });

  it('can save a login as soon as it was minted, also where it is told of later', async () => {
    book.follow([instanceOf('cri-a')], 15 * minuteMs);
    book.mintUntil(leadership.signal);
    await clock.advance(45 * minuteMs);
    expect(mints).toHaveLength(2);
    expect(changes).toBe(1);
    expect(savedAtMints.at(-1)).toContain('token 2');
  });

  describe('with logins that were saved before a restart', () => {
    const entries = [instanceOf('cri-a'), instanceOf('cri-b')];

    /** What the first program left behind, after 20 minutes; from here on `book` is that of the second. */
    async function restart(): Promise<readonly SavedLogin[]> {
      const first = newBook();
      first.follow(entries, 15 * minuteMs);
      first.mintUntil(leadership.signal);
      await clock.advance(20 * minuteMs);
      leadership.abort();
      const text = saveLogins(first.saved());
      mints = [];
      changes = 0;
      return loadLogins(text) ?? [];
    }

    it('mints nothing while they are good, and renews at the time that it would have been', async () => {
      const saved = await restart();
      book.follow(entries, 15 * minuteMs);
      book.restore(saved);
      book.mintUntil(new AbortController().signal);
      expect(book.isSettled).toBe(true);
      expect(tokens()).toEqual(['token 1', 'token 2']);
      await clock.advance(25 * minuteMs - 1);
      expect(mints).toEqual([]);
      await clock.advance(1);
      expect(mints).toEqual(['cri-a', 'cri-b']);
    });

    it('mints only for the entry that was changed meanwhile, whose login stays until then', async () => {
      const saved = await restart();
      failNext = [new Failure('CLOUD_UNREACHABLE', 'no answer')];
      book.follow([instanceOf('cri-a', ['b.example']), instanceOf('cri-b')], 15 * minuteMs);
      book.restore(saved);
      book.mintUntil(new AbortController().signal);
      await clock.advance(0);
      expect(tokens()).toEqual(['token 1', 'token 2']);
      await clock.advance(2_000);
      expect(mints).toEqual(['cri-a', 'cri-a']);
      expect(book.logins()[0]?.domains).toEqual(['b.example']);
    });

    it('goes on minting for a changed entry over a second restart', async () => {
      const saved = await restart();
      const changed = [instanceOf('cri-a', ['b.example']), instanceOf('cri-b')];
      const between = newBook();
      between.follow(changed, 15 * minuteMs);
      between.restore(saved);
      book.follow(changed, 15 * minuteMs);
      book.restore(between.saved());
      book.mintUntil(new AbortController().signal);
      await clock.advance(0);
      expect(mints).toEqual(['cri-a']);
    });

    it('drops those of entries that are gone', async () => {
      const saved = await restart();
      book.follow([instanceOf('cri-b')], 15 * minuteMs);
      book.restore(saved);
      expect(book.logins().map(({ instanceKey }) => instanceKey)).toEqual(['cri-b']);
    });

    it('waits a moment for a mint where they have expired, and gives them out again where there is none', async () => {
      const saved = await restart();
      await clock.advance(60 * minuteMs);
      failNext = Array.from({ length: 30 }, () => new Failure('CLOUD_UNREACHABLE', 'no answer'));
      book.follow(entries, 15 * minuteMs);
      book.restore(saved);
      book.mintUntil(new AbortController().signal);
      expect(book.isSettled).toBe(false);
      await clock.advance(1_000);
      expect(book.isSettled).toBe(true);
      expect(tokens()).toEqual(['token 1', 'token 2']);
    });
  });
});
