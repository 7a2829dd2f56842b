import { createHmac } from 'node:crypto';
import { KpoolError } from '../../core/errors';
import type { SimAccount, SimCredentials } from './sim-account';
import { credentialsFor } from './seed-world';

interface Key {
  readonly credentials: SimCredentials;
  readonly signature: string;
  account: SimAccount;
}

/** The pool's API keys and whose they are. */
export class KeyRing {
  readonly #seed: number;
  readonly #keys = new Map<string, Key>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Every key that works. */
  list(): SimCredentials[] {
    return [...this.#keys.values()].map((key) => key.credentials);
  }

  /** A new key for a user, under a name of its own: two keys may belong to one user. */
  add(account: SimAccount, name = account.name): SimCredentials {
    const credentials = credentialsFor(this.#seed, name);
    const signature = hashPassphrase(credentials.apiSecret, credentials.apiPassphrase);
    this.#keys.set(credentials.apiKey, { credentials, signature, account });
    return credentials;
  }

  revoke(apiKey: string): void {
    this.#keys.delete(apiKey);
  }

  /** The key shows another user's data from now on. */
  repoint(apiKey: string, account: SimAccount): void {
    const key = this.#keys.get(apiKey);
    if (key === undefined) throw new KpoolError('usage.invalid', 'The simulator has no such API key.');
    key.account = account;
  }

  /** Whose key it is, with the signature that proves it; undefined when there is no such key. */
  find(apiKey: string): { account: SimAccount; signature: string } | undefined {
    return this.#keys.get(apiKey);
  }
}

/** What a client must send as `passphrase`. Source: the specification's section on authentication. */
function hashPassphrase(apiSecret: string, apiPassphrase: string): string {
  return createHmac('sha256', apiSecret).update(apiPassphrase).digest('base64');
}
