import type { Credentials } from '../alibaba/credentials.ts';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { readObject } from '../kubernetes/objects.ts';
import { secrets, type RawObject } from '../kubernetes/resource.ts';
import { Sensitive } from '../runtime/sensitive.ts';

const keyIdField = 'access-key-id';
const keySecretField = 'access-key-secret';

interface RawSecret extends RawObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * The access key that an entry refers to, read at each mint, so that a rotated key is used from the next one
 * on. Throws ACCESS_KEY_MISSING, and KUBERNETES_… where the Secret cannot be read.
 */
export async function accessKeyFromSecret(
  connection: Connection,
  secret: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Credentials> {
  const where = `Secret ${secret.namespace}/${secret.name}`;
  const { data = {} } = await readObject<RawSecret>(
    connection,
    { resource: secrets, ...secret },
    { signal },
  ).catch((cause: unknown) => {
    throw explain(cause, where, secret.name);
  });
  const [accessKeyId, accessKeySecret] = [decode(data[keyIdField]), decode(data[keySecretField])];
  if (accessKeyId === '' || accessKeySecret === '') {
    throw new Failure('ACCESS_KEY_MISSING', `${where} must have both ${keyIdField} and ${keySecretField}`);
  }
  return { accessKeyId, accessKeySecret: new Sensitive(accessKeySecret) };
}

function explain(cause: unknown, where: string, name: string): unknown {
  if (!(cause instanceof Failure)) return cause;
  if (cause.code === 'KUBERNETES_NOT_FOUND') {
    return new Failure('ACCESS_KEY_MISSING', `${where}, which accessKeySecretRef names, does not exist`, {
      cause,
    });
  }
  if (cause.code === 'KUBERNETES_FORBIDDEN') {
    const rule = `{apiGroups: [""], resources: [secrets], resourceNames: [${name}], verbs: [get]}`;
    return new Failure(
      'KUBERNETES_FORBIDDEN',
      `${where} may not be read; add to the add-on’s Role: ${rule}`,
      { cause },
    );
  }
  return cause;
}

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64')
    .toString('utf8')
    .trim();
}
