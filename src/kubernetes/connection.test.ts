import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { connectionTo } from './connection.ts';
import { applyObject, readObject } from './objects.ts';
import { configMaps, secrets } from './resource.ts';

type Authenticator = Parameters<KubeConfig['addAuthenticator']>[0];

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const ref = { resource: configMaps, namespace: 'n', name: 'x' };
const limits = { signal: new AbortController().signal };

async function served(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function connected(server: string, user: object = { token: 'hush' }, authenticator?: Authenticator) {
  const kubeConfig = new KubeConfig();
  if (authenticator !== undefined) kubeConfig.addAuthenticator(authenticator);
  kubeConfig.loadFromClusterAndUser({ name: 'c', server, skipTLSVerify: true }, { name: 'u', ...user });
  const clock = new VirtualClock();
  const connection = connectionTo(kubeConfig, clock);
  cleanUps.push(() => connection.close());
  return { connection, clock };
}

const echo = (request: IncomingMessage, response: ServerResponse) => {
  const { url, method, headers } = request;
  response.end(JSON.stringify({ metadata: { name: 'echo' }, url, method, headers }));
};

test('a request carries the token, and goes below the path of the server’s address', async () => {
  const { connection } = connected(`${await served(echo)}/k8s/clusters/c-1/`);
  const answer = await readObject(connection, ref, limits);
  expect(answer).toMatchObject({
    url: '/k8s/clusters/c-1/api/v1/namespaces/n/configmaps/x',
    headers: { authorization: 'Bearer hush', accept: 'application/json' },
  });
});

test('a request is kept back at the last moment, when the credentials are there, with the abort’s own reason', async () => {
  const asked: string[] = [];
  const server = await served((request, response) => {
    asked.push(String(request.url));
    response.end('{}');
  });
  const { connection } = connected(server);
  const caller = new AbortController();
  const beforeSending = () => {
    caller.abort(new Error('the term is over'));
    caller.signal.throwIfAborted();
  };
  const call = { method: 'PATCH' as const, target: ref, signal: caller.signal, beforeSending };
  await expect(connection.request(call)).rejects.toThrow('the term is over');
  await readObject(connection, ref, limits);
  expect(asked).toEqual(['/api/v1/namespaces/n/configmaps/x']);
  expect(caller.signal.aborted).toBe(true);
});

test('a request tells which of several processes sent it, for the audit log', async () => {
  const kubeConfig = new KubeConfig();
  const server = await served(echo);
  kubeConfig.loadFromClusterAndUser({ name: 'c', server, skipTLSVerify: true }, { name: 'u', token: 'hush' });
  const connection = connectionTo(kubeConfig, new VirtualClock(), 'pod-a_1');
  cleanUps.push(() => connection.close());
  const answer = await readObject(connection, ref, limits);
  expect(answer).toMatchObject({ headers: { 'user-agent': 'acr-credential-helper (pod-a_1)' } });
});

test('an apply names its field manager and forces, in a form that RBAC can limit to one name', async () => {
  const { connection } = connected(await served(echo));
  const answer = await applyObject(connection, { ...ref, resource: secrets }, { type: 't' }, limits);
  expect(answer).toMatchObject({
    method: 'PATCH',
    url: '/api/v1/namespaces/n/secrets/x?fieldManager=acr-credential-helper&force=true',
    headers: { 'content-type': 'application/apply-patch+yaml' },
  });
});

test('a token file’s line break is no part of the token', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'token-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'first\n');
  const { connection } = connected(await served(echo), {
    authProvider: { name: 'tokenFile', config: { tokenFile } },
  });
  expect(await readObject(connection, ref, limits)).toMatchObject({
    headers: { authorization: 'Bearer first' },
  });
});

test('credentials are looked at again after a while, and at once when they are not accepted', async () => {
  const accepted = { token: 'token-1' };
  const server = await served((request, response) => {
    if (request.headers.authorization !== `Bearer ${accepted.token}`) response.statusCode = 401;
    echo(request, response);
  });
  let looks = 0;
  const rotating = {
    isAuthProvider: () => true,
    applyAuthentication: async (_: unknown, options: { headers?: unknown }) => {
      looks += 1;
      options.headers = { Authorization: `Bearer token-${looks}` };
    },
  };
  const { connection, clock } = connected(server, {}, rotating);
  await readObject(connection, ref, limits);
  await readObject(connection, ref, limits);
  expect(looks).toBe(1);
  accepted.token = 'token-2';
  await expect(readObject(connection, ref, limits)).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED' });
  await readObject(connection, ref, limits);
  accepted.token = 'token-3';
  await clock.advance(10_000);
  await readObject(connection, ref, limits);
  expect(looks).toBe(3);
});

test('credentials that cannot be had are a failure that says why', async () => {
  const { connection } = connected(await served(echo), {
    authProvider: { name: 'tokenFile', config: { tokenFile: '/no/such/token' } },
  });
  await expect(readObject(connection, ref, limits)).rejects.toMatchObject({
    code: 'KUBERNETES_UNREACHABLE',
    message: expect.stringContaining('/no/such/token'),
  });
});

test('an answer that does not come in time is a failure', async () => {
  const { connection } = connected(await served(() => undefined));
  await expect(readObject(connection, ref, { ...limits, deadlineMs: 30 })).rejects.toMatchObject({
    code: 'KUBERNETES_UNREACHABLE',
    message: expect.stringContaining('not in time'),
  });
});

test('an abort by the caller rejects with the caller’s own reason', async () => {
  const { connection } = connected(await served(() => undefined));
  const stop = new AbortController();
  const reading = readObject(connection, ref, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});

test('a server that is not there is a failure that names the trouble', async () => {
  const { connection } = connected('http://127.0.0.1:9');
  await expect(readObject(connection, ref, limits)).rejects.toMatchObject({
    code: 'KUBERNETES_UNREACHABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('an answer that is not JSON is a failure, and is not quoted', async () => {
  const { connection } = connected(await served((_, response) => void response.end('hush')));
  await expect(readObject(connection, ref, limits)).rejects.toMatchObject({
    code: 'KUBERNETES_UNREACHABLE',
    message: 'GET /api/v1/namespaces/n/configmaps/x: the answer is not JSON',
  });
});

test('no proxy of the environment is used', async () => {
  const seen: (string | undefined)[] = [];
  const proxy = await served((request, response) => {
    seen.push(request.url);
    echo(request, response);
  });
  process.env['HTTP_PROXY'] = proxy;
  cleanUps.push(async () => delete process.env['HTTP_PROXY']);
  const { connection } = connected(await served(echo));
  await readObject(connection, ref, limits);
  expect(seen).toEqual([]);
});
