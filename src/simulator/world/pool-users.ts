import { KpoolError } from '../../core/errors';
import { SimAccount, type SimSubAccount } from './sim-account';

/** The users of the simulated pool, with the sub-accounts and algorithms listed to each. */
export class PoolUsers {
  private readonly users: SimAccount[];
  private readonly usualAlgorithms: readonly string[];

  /** `algorithms`: listed to a new user. */
  constructor(accounts: readonly SimAccount[], algorithms: readonly string[]) {
    this.users = [...accounts];
    this.usualAlgorithms = algorithms;
  }

  get accounts(): readonly SimAccount[] {
    return this.users;
  }

  account(name: string): SimAccount {
    const account = this.users.find((candidate) => candidate.name === name);
    if (account === undefined)
      throw new KpoolError('usage.invalid', `The simulated pool has no user ${name}.`);
    return account;
  }

  /** Creates a user without sub-accounts. */
  addAccount(name: string): SimAccount {
    const account = new SimAccount(name);
    for (const algo of this.usualAlgorithms) account.algorithms.set(algo, { removed: false });
    this.users.push(account);
    return account;
  }

  /** The sub-accounts in user/query. */
  subAccounts(account: string): readonly SimSubAccount[] {
    return this.account(account).subAccounts.filter((subAccount) => !subAccount.removed);
  }

  subAccount(account: string, puid: bigint): SimSubAccount {
    const subAccount = this.account(account).findSubAccount(puid);
    if (subAccount === undefined)
      throw new KpoolError('usage.invalid', `User ${account} has no puid ${puid}.`);
    return subAccount;
  }

  addSubAccount(account: string, added: { puid: bigint; pname: string; defaultAlgo: string }): SimSubAccount {
    const subAccount = { ...added, removed: false, extra: null };
    this.account(account).subAccounts.push(subAccount);
    return subAccount;
  }

  /** Removes it from user/query; whether its income is still served is a quirk. */
  removeSubAccount(account: string, puid: bigint): void {
    this.subAccount(account, puid).removed = true;
  }

  restoreSubAccount(account: string, puid: bigint): void {
    this.subAccount(account, puid).removed = false;
  }

  changeSubAccount(
    account: string,
    puid: bigint,
    patch: Partial<Pick<SimSubAccount, 'pname' | 'defaultAlgo' | 'extra'>>,
  ): void {
    Object.assign(this.subAccount(account, puid), patch);
  }

  /** The algorithms in algo/query. */
  algorithms(account: string): readonly string[] {
    return [...this.account(account).algorithms].filter(([, state]) => !state.removed).map(([algo]) => algo);
  }

  addAlgorithm(account: string, algo: string): void {
    this.account(account).algorithms.set(algo, { removed: false });
  }

  removeAlgorithm(account: string, algo: string): void {
    this.account(account).algorithms.set(algo, { removed: true });
  }
}
