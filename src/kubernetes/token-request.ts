import { Failure } from '../failures/failure.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import type { Connection, Limits } from './connection.ts';
import { serviceAccounts } from './resource.ts';

export interface TokenWish {
  readonly audience: string;
  /** 600 at least. */
  readonly tokenLifeSeconds: number;
}

interface TokenRequest {
  readonly status?: { readonly token?: unknown };
}

/**
 * An OIDC token of a service account, signed by the API server (TokenRequest, `authentication.k8s.io/v1`). The request
 * carries the account's name, so RBAC can allow it by `resourceNames`.
 */
export async function requestToken(
  connection: Connection,
  account: { readonly namespace: string; readonly name: string },
  { audience, tokenLifeSeconds }: TokenWish,
  limits: Limits,
): Promise<Sensitive> {
  const content = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [audience], expirationSeconds: tokenLifeSeconds },
  };
  const { status } = await connection.request<TokenRequest>({
    method: 'POST',
    target: { resource: serviceAccounts, ...account, subresource: 'token' },
    body: { mediaType: 'application/json', content },
    ...limits,
  });
  if (typeof status?.token === 'string' && status.token !== '') return new Sensitive(status.token);
  throw new Failure(
    'KUBERNETES_REFUSED',
    `a token of ${account.namespace}/${account.name}: the answer has none`,
  );
}
