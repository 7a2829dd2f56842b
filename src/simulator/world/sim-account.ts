import { KpoolError } from '../../core/errors';
import type { SimScope } from './sim-scope';

/** One API key with its secret and passphrase. */
export interface SimCredentials {
  /** The user's name for this key's account. */
  readonly name: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly apiPassphrase: string;
}

/** One sub-account. Change it only through `World`. */
export interface SimSubAccount {
  readonly puid: bigint;
  pname: string;
  defaultAlgo: string;
  removed: boolean;
  /** Undocumented fields, as the text of a JSON object; null: none. */
  extra: string | null;
}

/** One user of the pool, with sub-accounts and algorithms. */
export class SimAccount {
  readonly subAccounts: SimSubAccount[] = [];
  /** Algorithm → whether it was removed. */
  readonly algorithms = new Map<string, { removed: boolean }>();
  private readonly scopesById = new Map<string, SimScope>();

  constructor(readonly name: string) {}

  findSubAccount(puid: bigint): SimSubAccount | undefined {
    return this.subAccounts.find((subAccount) => subAccount.puid === puid);
  }

  scopes(): readonly SimScope[] {
    return [...this.scopesById.values()];
  }

  findScope(puid: bigint, algo: string): SimScope | undefined {
    return this.scopesById.get(`${puid} ${algo}`);
  }

  addScope(scope: SimScope): void {
    const id = `${scope.key.puid} ${scope.key.algo}`;
    if (this.scopesById.has(id))
      throw new KpoolError('broken-promise', `The simulator has a scope ${id} already.`);
    this.scopesById.set(id, scope);
  }
}
