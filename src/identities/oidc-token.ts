import { readFile } from 'node:fs/promises';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { requestToken } from '../kubernetes/token-request.ts';
import { deadline } from '../runtime/deadline.ts';
import { Sensitive } from '../runtime/sensitive.ts';

/** The add-on's OIDC token, fetched anew at each call. Throws OIDC_TOKEN_UNAVAILABLE and KUBERNETES_…. */
export type OidcTokenSource = (signal: AbortSignal) => Promise<Sensitive>;

/** Whom RAM's trust policies name as `oidc:sub`, beside the namespace. */
const accountName = 'aliyun-acr-credential-helper';
/** What Alibaba Cloud asks a token to be for: `oidc:aud`. */
const audience = 'sts.aliyuncs.com';
/** It is used at once; the API server gives none for less. */
const tokenLifeSeconds = 600;
const fileDeadlineMs = 5_000;

/** Reads the file at each call, since the kubelet replaces what is in it. */
export function projectedToken(path: string): OidcTokenSource {
  return async (signal) => {
    try {
      const text = await readFile(path, { encoding: 'utf8', signal: deadline(signal, fileDeadlineMs) });
      if (text.trim() !== '') return new Sensitive(text.trim());
    } catch (cause) {
      signal.throwIfAborted();
      const mend = 'mount it, or remove the variable, so that the API server is asked for a token';
      throw new Failure(
        'OIDC_TOKEN_UNAVAILABLE',
        `ALIBABA_CLOUD_OIDC_TOKEN_FILE is ${path}, which cannot be read; ${mend}`,
        { cause },
      );
    }
    throw new Failure('OIDC_TOKEN_UNAVAILABLE', `ALIBABA_CLOUD_OIDC_TOKEN_FILE is ${path}, which is empty`);
  };
}

/**
 * Asks the API server at each call, so that what it issues now is used: with the issuer that it has since RRSA was
 * enabled, say.
 */
export function requestedToken(connection: Connection, namespace: string): OidcTokenSource {
  const account = { namespace, name: accountName };
  return async (signal) => {
    try {
      return await requestToken(connection, account, { audience, tokenLifeSeconds }, { signal });
    } catch (cause) {
      throw explain(cause, `ServiceAccount ${namespace}/${accountName}`);
    }
  };
}

function explain(cause: unknown, account: string): unknown {
  if (!(cause instanceof Failure)) return cause;
  if (cause.code === 'KUBERNETES_NOT_FOUND') {
    const text = `${account}, whose OIDC token RRSA needs, does not exist; create it (deploy/rbac.yaml)`;
    return new Failure('OIDC_TOKEN_UNAVAILABLE', text, { cause });
  }
  if (cause.code === 'KUBERNETES_FORBIDDEN') {
    const rule = `{apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [${accountName}], verbs: [create]}`;
    const text = `no token of ${account} may be requested, which RRSA needs; add to the add-on’s Role: ${rule}`;
    return new Failure('KUBERNETES_FORBIDDEN', text, { cause });
  }
  return cause;
}
