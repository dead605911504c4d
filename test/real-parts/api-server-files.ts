import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Everything the API server reads at its start, and what its clients need to reach it. */
export interface ApiServerFiles {
  /** Where the API server puts a certificate that it makes for itself, and its authority. */
  readonly certificateDirectory: string;
  readonly authority: string;
  readonly tokens: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly adminToken: string;
  readonly controllerManagerToken: string;
}

export function writeApiServerFiles(directory: string): ApiServerFiles {
  mkdirSync(directory);
  const write = (name: string, content: string) => writeSecretly(join(directory, name), content);
  const [adminToken, controllerManagerToken] = [newToken(), newToken()];
  return {
    certificateDirectory: directory,
    authority: join(directory, 'apiserver.crt'),
    tokens: write(
      'tokens.csv',
      `${adminToken},admin,admin,system:masters\n` +
        `${controllerManagerToken},system:kube-controller-manager,controller-manager,system:masters\n`,
    ),
    ...writeServiceAccountKey(directory),
    auditPolicy: write('audit-policy.yaml', stringify(auditPolicy)),
    auditLog: join(directory, 'audit.log'),
    adminToken,
    controllerManagerToken,
  };
}

/** A new key for the tokens of service accounts, which a restarted API server signs with; the former is lost. */
export function writeServiceAccountKey(
  directory: string,
): Pick<ApiServerFiles, 'serviceAccountKey' | 'serviceAccountPublicKey'> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    serviceAccountKey: writeSecretly(
      join(directory, 'service-accounts.key'),
      privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    ),
    serviceAccountPublicKey: writeSecretly(
      join(directory, 'service-accounts.pub'),
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ),
  };
}

function writeSecretly(file: string, content: string): string {
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

function newToken(): string {
  return randomBytes(24).toString('hex');
}
