import { readAuthorities } from '../alibaba/certificate-authorities.ts';
import { readHttpsProxy } from '../alibaba/https-proxy.ts';
import type { Way } from '../alibaba/transport.ts';
import type { Environment } from '../runtime/environment.ts';
import type { CloudFlags } from './flags.ts';

/**
 * How requests to Alibaba Cloud leave: HTTPS_PROXY and NO_PROXY are heeded, in lower case too, where they are not
 * empty; HTTP_PROXY and ALL_PROXY are not, since nothing goes there by HTTP. Reads the certificate files that
 * are named. Throws FLAGS_INVALID.
 */
export function wayToTheCloud({ caFile }: Pick<CloudFlags, 'caFile'>, environment: Environment): Way {
  const proxy = variable(environment, ['HTTPS_PROXY', 'https_proxy']);
  const extra = variable(environment, ['NODE_EXTRA_CA_CERTS']);
  // Node itself has loaded these, or has gone on without them if it could not.
  if (extra !== undefined) readAuthorities(`the variable ${extra.name}`, extra.value);
  return {
    proxy: proxy === undefined ? undefined : readHttpsProxy(proxy.name, proxy.value),
    noProxy: variable(environment, ['NO_PROXY', 'no_proxy'])?.value ?? '',
    authorities: caFile === undefined ? [] : readAuthorities('--ca-file', caFile),
  };
}

function variable(environment: Environment, names: readonly string[]) {
  return names
    .map((name) => ({ name, value: environment[name]?.trim() ?? '' }))
    .find(({ value }) => value !== '');
}
