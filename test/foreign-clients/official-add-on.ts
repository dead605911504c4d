import type { V1Secret } from '@kubernetes/client-node';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { programFile } from '../real-parts/program-file.ts';
import { enterpriseImage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { logIn, type AccessKey } from './foreign-login.ts';

const host = enterpriseImage.slice(0, enterpriseImage.indexOf('/'));

/**
 * Does in a namespace what the official add-on does there, as far as that is known: its code is closed. Returns the
 * Secret, with a login that a client of another's has got with that key.
 */
export async function serveAsTheyDo(
  { cloud, kubectl }: Pick<Stage, 'cloud' | 'kubectl'>,
  namespace: string,
  key: AccessKey,
): Promise<V1Secret> {
  const secret = await kubectl.api.createNamespacedSecret({
    namespace,
    body: {
      metadata: { name: pullSecretName },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': await dockerConfig(cloud, key) },
    },
    fieldManager: 'their-add-on',
  });
  const account = { namespace, name: 'default' };
  const body = await waitUntil({ what: `${namespace} has its account`, withinMs: 20_000 }, () =>
    kubectl.api.readNamespacedServiceAccount(account),
  );
  body.imagePullSecrets = [{ name: pullSecretName }];
  await kubectl.api.replaceNamespacedServiceAccount({ ...account, body });
  return secret;
}

async function dockerConfig(cloud: Stage['cloud'], key: AccessKey): Promise<string> {
  const client = { file: programFile('sdk-login'), options: [] };
  const login = await logIn(client, cloud, key, ['--instance=cri-sandbox00000001']);
  if (login.kind !== 'logged in') throw new Error(`no login: ${login.code}`);
  const { userName: username, token: password } = login;
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return JSON.stringify({ auths: { [host]: { username, password, email: 'cs@aliyuncs.com', auth } } });
}
