import type { Config } from '../../config/config';
import { findProxy } from '../../config/proxies';
import { passedCheck, type CheckResult } from './result';

/** Reports how the pool and the webhook for alerts are reached; nothing if no proxy is set. */
export function checkProxies(config: Pick<Config, 'pool' | 'proxies' | 'alertWebhookUrl'>): CheckResult[] {
  const { https, http } = config.proxies;
  if (https === null && http === null) return [];
  const webhook = config.alertWebhookUrl;
  const ways = [
    `the pool ${describeWay(config.pool.baseUrl, config)}`,
    ...(webhook === null ? [] : [`the webhook ${describeWay(webhook.reveal(), config)}`]),
  ];
  return [passedCheck('proxy', ways.join(', '))];
}

function describeWay(address: string, config: Pick<Config, 'proxies'>): string {
  const proxy = findProxy(address, config);
  return proxy === null ? 'is asked directly' : `is asked through ${new URL(proxy.reveal()).origin}`;
}
