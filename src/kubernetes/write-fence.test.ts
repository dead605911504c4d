import { expect, test } from 'vitest';
import type { ApiCall, Connection } from './connection.ts';
import {
  applyObject,
  createObject,
  deleteObject,
  patchObject,
  readObject,
  replaceObject,
} from './objects.ts';
import { configMaps } from './resource.ts';
import { fencedConnection } from './write-fence.ts';

const ref = { resource: configMaps, namespace: 'n', name: 'x' };
const limits = { signal: new AbortController().signal };
const content = { metadata: { name: 'x' } };

/** Notes what it has sent. */
function sending(): { readonly connection: Connection; readonly sent: string[] } {
  const sent: string[] = [];
  const connection: Connection = {
    async request<T>({ method, beforeSending }: ApiCall) {
      await Promise.resolve();
      beforeSending?.();
      sent.push(method);
      return content as T;
    },
    async *lines({ method }) {
      sent.push(method);
      yield '';
    },
    close: () => Promise.resolve(),
  };
  return { connection, sent };
}

test('the fence keeps back whatever may change something, and lets through what only reads', async () => {
  const { connection, sent } = sending();
  const fenced = fencedConnection(connection, () => {
    throw new Error('no longer');
  });
  const writes = [
    () => applyObject(fenced, ref, {}, limits),
    () => createObject(fenced, ref, content, limits),
    () => replaceObject(fenced, ref, content, limits),
    () => patchObject(fenced, ref, [], limits),
    () => deleteObject(fenced, ref, {}, limits),
  ];
  for (const write of writes) await expect(write()).rejects.toThrow('no longer');
  await readObject(fenced, ref, limits);
  for await (const _ of fenced.lines({ method: 'GET', target: ref, ...limits }));
  expect(sent).toEqual(['GET', 'GET']);
});

test('the fence lets everything through while it is allowed', async () => {
  const { connection, sent } = sending();
  const fenced = fencedConnection(connection, () => undefined);
  await applyObject(fenced, ref, {}, limits);
  await deleteObject(fenced, ref, {}, limits);
  expect(sent).toEqual(['PATCH', 'DELETE']);
});
