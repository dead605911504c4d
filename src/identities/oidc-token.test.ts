import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { pathOf } from '../kubernetes/resource.ts';
import { projectedToken, requestedToken } from './oidc-token.ts';

const signal = new AbortController().signal;

describe('a projected token', () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'acr-oidc-token-'));
    file = join(directory, 'token');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is read anew each time, since the kubelet replaces it', async () => {
    const token = projectedToken(file);
    await writeFile(file, 'first\n');
    expect((await token(signal)).reveal()).toBe('first');
    await writeFile(file, 'second');
    expect((await token(signal)).reveal()).toBe('second');
  });

  it('that is missing or empty fails, naming the variable and the file', async () => {
    await expect(projectedToken(file)(signal)).rejects.toMatchObject({
      code: 'OIDC_TOKEN_UNAVAILABLE',
      message: expect.stringContaining(
        `ALIBABA_CLOUD_OIDC_TOKEN_FILE is ${file}, which cannot be read`,
      ) as string,
    });
    await writeFile(file, '\n');
    await expect(projectedToken(file)(signal)).rejects.toMatchObject({ code: 'OIDC_TOKEN_UNAVAILABLE' });
  });
});

function requested(answer: (call: ApiCall) => Promise<unknown>) {
  const calls: ApiCall[] = [];
  const request = (call: ApiCall) => {
    calls.push(call);
    return answer(call);
  };
  const connection = { request } as unknown as Connection;
  return { token: requestedToken(connection, 'kube-system'), calls };
}

describe('a requested token', () => {
  it('is one of the add-on’s own account for the cloud, and asked for anew each time', async () => {
    const { token, calls } = requested(() => Promise.resolve({ status: { token: 'signed' } }));
    expect((await token(signal)).reveal()).toBe('signed');
    await token(signal);
    expect(calls).toHaveLength(2);
    const [call] = calls;
    expect(call?.method).toBe('POST');
    expect(call && pathOf(call.target)).toBe(
      '/api/v1/namespaces/kube-system/serviceaccounts/aliyun-acr-credential-helper/token',
    );
    expect(call?.body?.content).toMatchObject({ spec: { audiences: ['sts.aliyuncs.com'] } });
  });

  it('that may not be asked for prints the rule to add', async () => {
    const { token } = requested(() => Promise.reject(new Failure('KUBERNETES_FORBIDDEN', 'no')));
    await expect(token(signal)).rejects.toMatchObject({
      code: 'KUBERNETES_FORBIDDEN',
      message: expect.stringContaining(
        '{apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [aliyun-acr-credential-helper], verbs: [create]}',
      ) as string,
    });
  });

  it('of an account that does not exist fails, naming the account', async () => {
    const { token } = requested(() => Promise.reject(new Failure('KUBERNETES_NOT_FOUND', 'no')));
    await expect(token(signal)).rejects.toMatchObject({
      code: 'OIDC_TOKEN_UNAVAILABLE',
      message: expect.stringContaining('kube-system/aliyun-acr-credential-helper') as string,
    });
  });

  it('passes on what else the API server says', async () => {
    const failure = new Failure('KUBERNETES_UNREACHABLE', 'no answer');
    await expect(requested(() => Promise.reject(failure)).token(signal)).rejects.toBe(failure);
    await expect(requested(() => Promise.resolve({})).token(signal)).rejects.toMatchObject({
      code: 'KUBERNETES_REFUSED',
    });
  });
});
