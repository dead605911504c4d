import { describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { accessKeyFromSecret } from './access-key-secret.ts';

const signal = new AbortController().signal;
const base64 = (text: string) => Buffer.from(text).toString('base64');

function readFrom(answer: Record<string, string> | Failure) {
  const request = () =>
    answer instanceof Failure ? Promise.reject(answer) : Promise.resolve({ data: answer });
  const connection = { request } as unknown as Connection;
  return accessKeyFromSecret(connection, { namespace: 'kube-system', name: 'acr-key' }, signal);
}

describe('an access key from a Secret', () => {
  it('is read, without the line end that an editor leaves behind', async () => {
    const key = await readFrom({
      'access-key-id': base64('example-id\n'),
      'access-key-secret': base64('s3cret\n'),
    });
    expect(key.accessKeyId).toBe('example-id');
    expect(key.accessKeySecret.reveal()).toBe('s3cret');
  });

  it.each([
    ['one half is missing', { 'access-key-id': base64('example-id') }],
    ['one half is blank', { 'access-key-id': base64(' '), 'access-key-secret': base64('s3cret') }],
  ])('is refused where %s', async (_what, data) => {
    const failure: unknown = await readFrom(data).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'ACCESS_KEY_MISSING' });
    expect(String(failure)).not.toContain('s3cret');
  });

  it('says that the Secret does not exist', async () => {
    await expect(readFrom(new Failure('KUBERNETES_NOT_FOUND', '404'))).rejects.toMatchObject({
      code: 'ACCESS_KEY_MISSING',
      message: 'Secret kube-system/acr-key, which accessKeySecretRef names, does not exist',
    });
  });

  it('prints the rule to add where it may not be read', async () => {
    await expect(readFrom(new Failure('KUBERNETES_FORBIDDEN', '403'))).rejects.toThrow(
      '{apiGroups: [""], resources: [secrets], resourceNames: [acr-key], verbs: [get]}',
    );
  });

  it('lets other failures of the API server through', async () => {
    const failure = new Failure('KUBERNETES_UNREACHABLE', 'no answer');
    await expect(readFrom(failure)).rejects.toBe(failure);
  });
});
