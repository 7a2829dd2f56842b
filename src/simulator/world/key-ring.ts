import { createHmac } from 'node:crypto';
import { KpoolError } from '../../core/errors';
import type { SimAccount, SimCredentials } from './sim-account';
import { credentialsFor } from './seed-world';

interface Key {
  readonly credentials: SimCredentials;
  readonly signature: string;
  account: SimAccount;
}

/** The pool's API keys and their owners. */
export class KeyRing {
  private readonly seed: number;
  private readonly keys = new Map<string, Key>();

  constructor(seed: number) {
    this.seed = seed;
  }

  /** All valid keys. */
  list(): SimCredentials[] {
    return [...this.keys.values()].map((key) => key.credentials);
  }

  /** Creates a key for a user, under its own name: a user may have two keys. */
  add(account: SimAccount, name = account.name): SimCredentials {
    const credentials = credentialsFor(this.seed, name);
    const signature = hashPassphrase(credentials.apiSecret, credentials.apiPassphrase);
    this.keys.set(credentials.apiKey, { credentials, signature, account });
    return credentials;
  }

  revoke(apiKey: string): void {
    this.keys.delete(apiKey);
  }

  /** Makes the key show another user's data from now on. */
  repoint(apiKey: string, account: SimAccount): void {
    const key = this.keys.get(apiKey);
    if (key === undefined) throw new KpoolError('usage.invalid', 'The simulator has no such API key.');
    key.account = account;
  }

  /** The key's owner and secret; undefined if there is no such key. */
  find(apiKey: string): { account: SimAccount; signature: string } | undefined {
    return this.keys.get(apiKey);
  }
}

/** What a client must send as `passphrase`. Source: the specification's section on authentication. */
function hashPassphrase(apiSecret: string, apiPassphrase: string): string {
  return createHmac('sha256', apiSecret).update(apiPassphrase).digest('base64');
}
