import { describe, expect, it } from 'vitest';
import { OwnWrites } from './own-writes.ts';

const at = (resourceVersion: string) => ({ resourceVersion });

async function written(version: string): Promise<OwnWrites<{ resourceVersion: string }>> {
  const writes = new OwnWrites();
  await writes.noteAnswer('n/a', Promise.resolve(at(version)));
  return writes;
}

describe('own writes', () => {
  it('stand in for what the watch has not shown yet', async () => {
    const writes = await written('10');
    expect(writes.latest('n/a', undefined)).toEqual(at('10'));
    expect(writes.latest('n/a', at('9'))).toEqual(at('10'));
  });

  it('give way to what the watch shows, for good', async () => {
    const writes = await written('9');
    expect(writes.latest('n/a', at('10'))).toEqual(at('10'));
    expect(writes.latest('n/a', undefined)).toBeUndefined();
  });

  it('are forgotten with the object, and with its namespace', async () => {
    const one = await written('10');
    one.forget('n/a');
    expect(one.latest('n/a', undefined)).toBeUndefined();
    const other = await written('10');
    other.forgetNamespace('n');
    expect(other.latest('n/a', undefined)).toBeUndefined();
  });

  it('are not forgotten with a namespace whose name is only similar', async () => {
    const writes = await written('10');
    writes.forgetNamespace('n-2');
    writes.forgetNamespace('');
    expect(writes.latest('n/a', undefined)).toEqual(at('10'));
  });

  it('do not stand in for an object that was deleted before the answer came', async () => {
    const writes = new OwnWrites();
    const answer = Promise.withResolvers<{ resourceVersion: string }>();
    const noted = writes.noteAnswer('n/a', answer.promise);
    writes.forget('n/a');
    answer.resolve(at('10'));
    await noted;
    expect(writes.latest('n/a', undefined)).toBeUndefined();
  });

  it('give way to a list that does not show them, and name themselves', async () => {
    const writes = await written('10');
    expect(writes.listed('9')).toEqual([]);
    expect(writes.latest('n/a', undefined)).toEqual(at('10'));
    expect(writes.listed('10')).toEqual(['n/a']);
    expect(writes.latest('n/a', undefined)).toBeUndefined();
  });

  it('that are answered only after a list that is newer do not stand in', async () => {
    const writes = new OwnWrites();
    const answer = Promise.withResolvers<{ resourceVersion: string }>();
    const noted = writes.noteAnswer('n/a', answer.promise);
    expect(writes.listed('11')).toEqual(['n/a']);
    answer.resolve(at('10'));
    await noted;
    expect(writes.latest('n/a', undefined)).toBeUndefined();
  });

  it('that failed leave nothing behind', async () => {
    const writes = new OwnWrites();
    await expect(writes.noteAnswer('n/a', Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(writes.listed('11')).toEqual([]);
  });
});
