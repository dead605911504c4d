import { expect, it } from 'vitest';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { pathOf } from '../kubernetes/resource.ts';
import { clusterSnapshot } from './cluster-snapshot.ts';

const secretName = 'pull';

/** An API server with three namespaces, one account in each, and no Secret. */
async function snapshot(onlyNamespaces?: readonly string[]) {
  const asked: string[] = [];
  const answer = ({ target }: ApiCall): unknown => {
    asked.push(pathOf(target));
    const inAll = ['a', 'b', 'c'].filter((name) => (target.namespace ?? name) === name);
    switch (target.resource.kind) {
      case 'Namespace':
        return { metadata: {}, items: inAll.map((name) => ({ metadata: { name } })) };
      case 'ServiceAccount':
        return {
          metadata: {},
          items: inAll.map((namespace) => ({ metadata: { namespace, name: 'default' } })),
        };
      default:
        return { metadata: {}, items: [] };
    }
  };
  const connection: Pick<Connection, 'request'> = {
    request: async <T>(call: ApiCall) => Promise.resolve(answer(call) as T),
  };
  const wish = { secretName, onlyNamespaces };
  const found = await clusterSnapshot(connection as Connection, wish, new AbortController().signal);
  const names = found.map(({ name, serviceAccounts }) => `${name}: ${serviceAccounts.length}`);
  return { names, asked: asked.toSorted() };
}

it('is of the whole cluster, with three lists', async () => {
  const { names, asked } = await snapshot();
  expect(names).toEqual(['a: 1', 'b: 1', 'c: 1']);
  expect(asked).toEqual(['/api/v1/namespaces', '/api/v1/secrets', '/api/v1/serviceaccounts']);
});

it('is of the namespaces that are named, and looks into no others', async () => {
  const { names, asked } = await snapshot(['b', 'not-there']);
  expect(names).toEqual(['b: 1']);
  expect(asked).toEqual([
    '/api/v1/namespaces',
    '/api/v1/namespaces/b/secrets',
    '/api/v1/namespaces/b/serviceaccounts',
    '/api/v1/namespaces/not-there/secrets',
    '/api/v1/namespaces/not-there/serviceaccounts',
  ]);
});
