import { Failure } from '../failures/failure.ts';
import { Sensitive } from '../runtime/sensitive.ts';

/** The proxy between here and Alibaba Cloud. */
export interface HttpsProxy {
  /** May hold a user and a password. */
  readonly url: Sensitive;
  /** Host and port, for messages. */
  readonly host: string;
}

const wanted =
  'write http://host:port or https://host:port, with user:password@ before the host where the proxy asks for ' +
  'them, and with %-escapes for special characters in these';

/**
 * Reads what HTTPS_PROXY holds; `host:port` alone means HTTP, as with curl. Throws FLAGS_INVALID, naming `variable`
 * and never quoting the value, which may hold a password.
 */
export function readHttpsProxy(variable: string, value: string): HttpsProxy {
  const text = value.trim();
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null) throw invalid(variable, 'no URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(variable, `a URL of the kind ${url.protocol}//, which is not supported`);
  }
  // The proxy is told the name and password without their escapes.
  if (!canBeUnescaped(url.username + url.password)) throw invalid(variable, 'a URL with a wrong %-escape');
  return { url: new Sensitive(url.href), host: url.host };
}

function canBeUnescaped(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function invalid(variable: string, what: string): Failure {
  return new Failure('FLAGS_INVALID', `the variable ${variable} holds ${what}; ${wanted}`);
}
