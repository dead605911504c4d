import { z } from 'zod';
import { parseJsonText } from '../runtime/json-text.ts';
import type { HostHolders } from './settle-logins.ts';

const saved = z.array(z.tuple([z.string(), z.string()]));

/** As JSON that `loadHolders` reads. */
export function saveHolders(holders: HostHolders): string {
  return JSON.stringify([...holders]);
}

/** Undefined where the text is not what `saveHolders` writes. */
export function loadHolders(text: string): HostHolders | undefined {
  const reading = saved.safeParse(parseJsonText(text));
  return reading.success ? new Map(reading.data) : undefined;
}
