import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDuration } from './duration.ts';

test.each([
  ['15m', 900_000],
  ['1h30m', 5_400_000],
  ['90s', 90_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1_000],
  ['+2m', 120_000],
  ['250ms', 250],
  ['1us', 1],
  ['1500µs', 2],
  ['1500μs', 2],
  ['1ns', 1],
])('“%s” lasts %i ms', (text, ms) => {
  expect(readDuration(text)).toEqual({ kind: 'read', ms });
});

test.each([
  ['15', 'say the unit: write 15m for minutes or 15s for seconds'],
  ['-15m', 'a negative duration cannot be used: write a positive one such as 15m'],
  ['0', 'zero cannot be used: write a positive duration such as 15m'],
  ['0h0m', 'zero cannot be used: write a positive duration such as 15m'],
  ['15M', 'write the unit in lower case: 15m'],
  ['15min', 'write a Go duration such as 15m, 90s or 1h30m'],
  ['15 m', 'write a Go duration such as 15m, 90s or 1h30m'],
  ['1h30', 'write a Go duration such as 15m, 90s or 1h30m'],
  ['.m', 'write a Go duration such as 15m, 90s or 1h30m'],
  ['', 'write a Go duration such as 15m, 90s or 1h30m'],
  ['5toString', 'write a Go duration such as 15m, 90s or 1h30m'],
  ['99999999999h', 'it is too long: write a duration such as 15m'],
])('“%s” is refused, saying what to write', (text, fix) => {
  expect(readDuration(text)).toEqual({ kind: 'refused', fix });
});

test('a duration in parts lasts as long as its parts together', () => {
  const part = fc.nat({ max: 10_000 });
  fc.assert(
    fc.property(part, part, part, (hours, minutes, seconds) => {
      fc.pre(hours + minutes + seconds > 0);
      const ms = hours * 3_600_000 + minutes * 60_000 + seconds * 1_000;
      expect(readDuration(`${hours}h${minutes}m${seconds}s`)).toEqual({ kind: 'read', ms });
    }),
  );
});

test('any text is read as a positive whole number of milliseconds, or refused with a fix', () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9.nuµmsh]{0,12}$/));
  fc.assert(
    fc.property(texts, (text) => {
      const reading = readDuration(text);
      const isSound =
        reading.kind === 'read' ? Number.isSafeInteger(reading.ms) && reading.ms > 0 : reading.fix !== '';
      expect(isSound).toBe(true);
    }),
  );
});
