import { Agent, request } from 'undici';
import { z } from 'zod';
import { Failure } from '../failures/failure.ts';
import { deadline } from '../runtime/deadline.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import type { Credentials, Identity } from './credentials.ts';

/**
 * The ECS metadata service of the node. It answers on a link-local address, so a proxy is never asked.
 * Source: ECS documentation, "Instance metadata" (security hardening mode first, normal mode where allowed).
 * Throws METADATA_UNREACHABLE, METADATA_THROTTLED, METADATA_NO_ROLE, METADATA_MALFORMED.
 */
export interface MetadataService {
  regionId(signal: AbortSignal): Promise<string>;
  /** Temporary credentials of the node's RAM role. */
  readonly nodeRole: Identity;
}

export interface MetadataAccess {
  readonly endpoint: URL;
  /** Refuses the normal mode, as `ALIBABA_CLOUD_IMDSV1_DISABLED` does for the official SDKs. */
  readonly isHardenedModeOnly: boolean;
}

const answerDeadlineMs = 5_000;
const tokenLifeSeconds = 60;
const roleList = '/latest/meta-data/ram/security-credentials/';

const roleCredentials = z.object({
  Code: z.literal('Success'),
  AccessKeyId: z.string().min(1),
  AccessKeySecret: z.string().min(1),
  SecurityToken: z.string().min(1),
  Expiration: z.iso.datetime(),
});

export function metadataService(access: MetadataAccess): MetadataService {
  const dispatcher = new Agent({ connect: { timeout: answerDeadlineMs } });

  async function ask(
    method: 'GET' | 'PUT',
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ) {
    const answer = await answerTo(path, {
      method,
      headers,
      signal: deadline(signal, answerDeadlineMs),
    }).catch((cause: unknown) => {
      signal.throwIfAborted();
      const text = `the metadata service at ${access.endpoint.host} did not answer; is this an ECS node, and may pods reach it?`;
      throw new Failure('METADATA_UNREACHABLE', text, { cause });
    });
    if (answer.status === 429) throw throttled(answer.retryAfter);
    return answer;
  }

  async function answerTo(path: string, options: Parameters<typeof request>[1]) {
    const answer = await request(new URL(path, access.endpoint), { ...options, dispatcher });
    const retryAfter = String(answer.headers['retry-after'] ?? '');
    return { status: answer.statusCode, retryAfter, body: await answer.body.text() };
  }

  async function hardenedModeHeaders(signal: AbortSignal): Promise<Record<string, string>> {
    const lifetime = { 'x-aliyun-ecs-metadata-token-ttl-seconds': String(tokenLifeSeconds) };
    const { status, body } = await ask('PUT', '/latest/api/token', lifetime, signal);
    if (status === 200) return { 'x-aliyun-ecs-metadata-token': body };
    if ((status === 403 || status === 404) && !access.isHardenedModeOnly) return {};
    throw new Failure('METADATA_MALFORMED', `the metadata service refused to give a token: HTTP ${status}`);
  }

  async function read(path: string, signal: AbortSignal): Promise<string | undefined> {
    const { status, body } = await ask('GET', path, await hardenedModeHeaders(signal), signal);
    if (status === 200) return body.trim();
    if (status === 404) return undefined;
    throw new Failure('METADATA_MALFORMED', `the metadata service answered ${path} with HTTP ${status}`);
  }

  return {
    async regionId(signal) {
      const region = await read('/latest/meta-data/region-id', signal);
      if (region !== undefined && /^[a-z0-9-]+$/.test(region)) return region;
      throw new Failure('METADATA_MALFORMED', 'the metadata service does not know the region');
    },
    async nodeRole(signal) {
      const roleName = (await read(roleList, signal))?.split('\n')[0];
      const text = roleName ? await read(roleList + encodeURIComponent(roleName), signal) : undefined;
      if (text === undefined) {
        throw new Failure(
          'METADATA_NO_ROLE',
          'the node has no RAM role; attach one with the pull permissions, or give the entry an access key (accessKeySecretRef)',
        );
      }
      return credentialsFrom(text);
    },
  };
}

/** An absurd header must not stop renewals for good. */
const longestThrottleMs = 5 * 60_000;

/** `retryAfter` in seconds, as RFC 9110 §10.2.3 has it; a date in it is not read, and growing pauses follow. */
function throttled(retryAfter: string): Failure {
  const delayMs = Math.min(Number(retryAfter) * 1000, longestThrottleMs);
  const text = 'the metadata service asks to slow down (HTTP 429)';
  return new Failure('METADATA_THROTTLED', text, delayMs > 0 ? { retry: { kind: 'after', delayMs } } : {});
}

function credentialsFrom(text: string): Credentials {
  const read = roleCredentials.safeParse(parseJsonText(text));
  if (!read.success) {
    throw new Failure(
      'METADATA_MALFORMED',
      'the metadata service gave no usable credentials for the node’s RAM role',
    );
  }
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = read.data;
  return {
    accessKeyId: AccessKeyId,
    accessKeySecret: new Sensitive(AccessKeySecret),
    session: { securityToken: new Sensitive(SecurityToken), expiresAtMs: Date.parse(Expiration) },
  };
}
