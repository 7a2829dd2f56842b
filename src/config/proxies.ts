import { isLoopbackHost } from '../core/loopback';
import type { Secret } from '../core/secret';
import type { Config } from './config';

/**
 * The proxy by which an address is reached, or null. What stays on this machine never leaves it; `NO_PROXY` names hosts as
 * curl takes them: `example.com` and `.example.com` with all below, `host:port`, `*`.
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
