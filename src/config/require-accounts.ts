import { KpoolError } from '../core/errors';
import type { AccountCredentials } from './accounts';
import type { Config } from './config';

/** The accounts, at least one. Throws `config.invalid`, saying which lines to fill in, when there is none. */
export function requireAccounts(config: Pick<Config, 'accounts'>): readonly AccountCredentials[] {
  if (config.accounts.length > 0) return config.accounts;
  throw new KpoolError(
    'config.invalid',
    'No API key is set. Fill in these three lines of .env (KuCoin Pool > Settings > API Management creates a key):\n' +
      '  KUCOIN_POOL_API_KEY=\n  KUCOIN_POOL_API_SECRET=\n  KUCOIN_POOL_API_PASSPHRASE=',
    { hint: 'No .env yet? Copy .env.example. To look around without a key: kpool demo.' },
  );
}

/** The names of the accounts that are judged; null, which means all in the database, when none is configured. */
export function judgedAccountsOf({ accounts }: Pick<Config, 'accounts'>): readonly string[] | null {
  return accounts.length === 0 ? null : accounts.map(({ name }) => name);
}
