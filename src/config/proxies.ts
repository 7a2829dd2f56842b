import { isLoopbackHost } from '../core/loopback';
import type { Secret } from '../core/secret';
import type { Config } from './config';

/**
 * The proxy for an address, or null. Addresses of this machine never use one; `NO_PROXY` is read as curl reads it:
 * `example.com` and `.example.com` with all subdomains, `host:port`, `*`.
 */
export function findProxy(address: string, { proxies }: Pick<Config, 'proxies'>): Secret | null {
  const { protocol, hostname, port } = new URL(address);
  const proxy = protocol === 'https:' ? proxies.https : proxies.http;
  if (proxy === null || isLoopbackHost(hostname)) return null;
  const host = hostname.toLowerCase();
  const portOrDefault = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const isExcepted = proxies.except.some((entry) => {
    const [, name = entry, onlyPort = portOrDefault] = /^(.*?)(?::(\d{1,5}))?$/.exec(entry) ?? [];
    const bare = name.replace(/^\*?\.(?=.)/, '');
    return onlyPort === portOrDefault && (bare === '*' || host === bare || host.endsWith(`.${bare}`));
  });
  return isExcepted ? null : proxy;
}
