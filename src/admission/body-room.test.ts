import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyRoom, type BodyPlace } from './body-room.ts';

describe('the room for requests', () => {
  it('is for so many, and for one more when one has left', () => {
    const room = new BodyRoom({ bodies: 2, bytes: 100 });
    const [one] = [room.enter(), room.enter()];
    expect(room.enter()).toBeUndefined();
    one?.leave();
    expect(room.enter()).toBeDefined();
  });

  it('never holds more bytes than it has, and has all of them again when all have left', () => {
    const taking = fc.array(fc.record({ who: fc.nat(4), bytes: fc.nat(60) }));
    fc.assert(
      fc.property(taking, (takes) => {
        const room = new BodyRoom({ bodies: 5, bytes: 100 });
        const places = Array.from({ length: 5 }, () => room.enter());
        let held = 0;
        for (const { who, bytes } of takes) {
          const isTaken = places[who]?.take(bytes) === true;
          expect(isTaken).toBe(held + bytes <= 100);
          if (isTaken) held += bytes;
        }
        for (const place of places as BodyPlace[]) place.leave();
        expect(room.enter()?.take(100)).toBe(true);
      }),
    );
  });
});
