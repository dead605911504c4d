import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT, type JWTPayload } from 'jose';
import { issueAuthority, issueServerCertificate } from '../certificates/issue-certificate.ts';
import { fingerprintOf } from '../oidc/issuer-client.ts';

interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/**
 * For tests: an OIDC issuer over TLS on loopback, as an API server is one: its chain ends with its own authority.
 * `certificateFor` is the host name that its certificate is good for.
 */
export async function startIssuer({ certificateFor = 'localhost' } = {}) {
  const authority = await issueAuthority(Date.now());
  const leaf = await issueServerCertificate(authority, certificateFor, Date.now());
  const options: ServerOptions = {
    cert: leaf.certificatePem + authority.certificatePem,
    key: leaf.privateKeyPem,
  };
  let key = newKey('first');
  let published: readonly SigningKey[] = [key];
  let isBroken = false;
  const requests: string[] = [];
  const server = createServer(options, (incoming, outgoing) => {
    const path = incoming.url ?? '';
    requests.push(path);
    void respond(path, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const respond = async (path: string, outgoing: ServerResponse): Promise<void> => {
    const body = await answer(path);
    outgoing.writeHead(body === undefined || isBroken ? 500 : 200, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify(body ?? null));
  };
  const answer = async (path: string): Promise<unknown> => {
    if (path === '/.well-known/openid-configuration') return { issuer: url, jwks_uri: `${url}/keys` };
    if (path !== '/keys') return undefined;
    const jwks = published.map(async ({ id, publicKey }) => ({ ...(await exportJWK(publicKey)), kid: id }));
    return { keys: await Promise.all(jwks) };
  };
  return {
    url,
    fingerprint: fingerprintOf(new X509Certificate(authority.certificatePem)),
    leafFingerprint: fingerprintOf(new X509Certificate(leaf.certificatePem)),
    /** The paths asked for so far. */
    requests,
    sign: (claims: JWTPayload, by: SigningKey = key) => signed(claims, by),
    /** From now on a new key signs, and only the new one is published. */
    rotate() {
      key = newKey(`after ${key.id}`);
      published = [key];
    },
    breakDown() {
      isBroken = true;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export function newKey(id: string): SigningKey {
  return { id, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

function signed(claims: JWTPayload, { id, privateKey }: SigningKey): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: id }).sign(privateKey);
}
