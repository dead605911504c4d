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
  const write = (name: string, content: string) => {
    const file = join(directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  const accounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [adminToken, controllerManagerToken] = [newToken(), newToken()];
  return {
    certificateDirectory: directory,
    authority: join(directory, 'apiserver.crt'),
    tokens: write(
      'tokens.csv',
      `${adminToken},admin,admin,system:masters\n` +
        `${controllerManagerToken},system:kube-controller-manager,controller-manager,system:masters\n`,
    ),
    serviceAccountKey: write(
      'service-accounts.key',
      accounts.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    ),
    serviceAccountPublicKey: write(
      'service-accounts.pub',
      accounts.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ),
    auditPolicy: write('audit-policy.yaml', stringify(auditPolicy)),
    auditLog: join(directory, 'audit.log'),
    adminToken,
    controllerManagerToken,
  };
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
