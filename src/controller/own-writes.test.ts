import { describe, expect, it } from 'vitest';
import { OwnWrites } from './own-writes.ts';

const at = (resourceVersion: string) => ({ resourceVersion });

describe('own writes', () => {
  it('stand in for what the watch has not shown yet', () => {
    const writes = new OwnWrites();
    writes.begin('a')(at('10'));
    expect(writes.latest('a', undefined)).toEqual(at('10'));
    expect(writes.latest('a', at('9'))).toEqual(at('10'));
  });

  it('give way to what the watch shows, for good', () => {
    const writes = new OwnWrites();
    writes.begin('a')(at('9'));
    expect(writes.latest('a', at('10'))).toEqual(at('10'));
    expect(writes.latest('a', undefined)).toBeUndefined();
  });

  it('are forgotten with the object', () => {
    const writes = new OwnWrites();
    writes.begin('a')(at('10'));
    writes.forget('a');
    expect(writes.latest('a', undefined)).toBeUndefined();
  });

  it('do not stand in for an object that was deleted before the answer came', () => {
    const writes = new OwnWrites();
    const answered = writes.begin('a');
    writes.forget('a');
    answered(at('10'));
    expect(writes.latest('a', undefined)).toBeUndefined();
  });
});
