import { KpoolError } from '../../core/errors';
import { parseAmount, formatUnits, toUnits } from '../amounts';
import { DEFAULT_QUIRKS, type Quirks } from '../quirks';
import type { SimWorker } from './fleet';
import type { SimIncomeFields, SimIncome, SimLedgerStream, SimScopeKey } from './sim-income';
import { createRow, type NewIncome } from './new-income';
import { PoolUsers } from './pool-users';
import { emptyScope, seedAccounts, type SeedWorld } from './seed-world';
import type { SimScope } from './sim-scope';
import { totalOfAccount, totalOfSubAccount } from './totals';

type NewWorker = Pick<SimWorker, 'workerId' | 'workerName'> & Partial<Omit<SimWorker, 'scope'>>;

/** Sums over the machines of a sub-account's default algorithm that run, H/s as decimal text. */
export type SubAccountRates = Pick<SimWorker, 'realHashRate' | 'hourHashRate' | 'dayHashRate'>;

const NO_READING = {
  hashUnit: 'H',
  realHashRate: '0',
  hourHashRate: '0',
  dayHashRate: '0',
  rejectRate: '0',
  lastShareAtMs: null,
  status: 'ACTIVE',
  extra: null,
  raw: null,
} as const;

/**
 * The state behind the simulated pool, for tests to read and to change. Time passes (income is published and settled, machines
 * come and go) only when `advance` is called and with every request. The same seed and the same calls give the same world.
 */
export class World extends PoolUsers {
  private readonly seed: SeedWorld;
  private timeMs: number;
  private nextChangeMs = -Infinity;
  private serial = 0;

  constructor(seed: SeedWorld) {
    super(seedAccounts(seed), seed.spec.algorithms);
    this.seed = seed;
    this.timeMs = seed.startAtMs;
    this.liveUntil(seed.startAtMs);
  }

  /** The instant to which this world has advanced, ms since the epoch. */
  get nowMs(): number {
    return this.timeMs;
  }

  /** Publishes and settles what is due by `nowMs`. Time never goes back. */
  liveUntil(nowMs: number): void {
    this.timeMs = Math.max(this.timeMs, nowMs);
    if (this.timeMs < this.nextChangeMs) return;
    let nextChangeMs = Infinity;
    for (const account of this.accounts) {
      for (const scope of account.scopes()) {
        if (scope.nextChangeMs() <= this.timeMs) scope.live(this.timeMs, () => this.serial++);
        nextChangeMs = Math.min(nextChangeMs, scope.nextChangeMs());
      }
    }
    this.nextChangeMs = nextChangeMs;
  }

  /** A sub-account's hashrate in user/query, as of the last request or `advance`. */
  subAccountRates(account: string, puid: bigint): SubAccountRates {
    const algo = this.subAccount(account, puid).defaultAlgo;
    const workers = this.workers({ account, puid, algo }).filter((worker) => worker.raw === null);
    const sum = (rate: keyof SubAccountRates) =>
      formatUnits(workers.reduce((total, worker) => total + toUnits(worker[rate]), 0n));
    return {
      realHashRate: sum('realHashRate'),
      hourHashRate: sum('hourHashRate'),
      dayHashRate: sum('dayHashRate'),
    };
  }

  // Income

  /** Every scope that has or had income or machines. */
  scopes(account?: string): readonly SimScopeKey[] {
    const accounts = account === undefined ? this.accounts : [this.account(account)];
    return accounts.flatMap((each) => each.scopes().map((scope) => scope.key));
  }

  /** The live earnings that a client must end up with, sorted by miningDate; raw items are not among them. */
  earnings(key: SimScopeKey): readonly SimIncome[] {
    return this.rows('earnings', key).filter((row) => row.raw === null);
  }

  /** As `earnings`. */
  rewards(key: SimScopeKey): readonly SimIncome[] {
    return this.rows('rewards', key).filter((row) => row.raw === null);
  }

  /** The malformed items that are served among the rows. */
  rawItems(stream: SimLedgerStream, key: SimScopeKey): readonly SimIncome[] {
    return this.rows(stream, key).filter((row) => row.raw !== null);
  }

  /** Adds equal rows and returns them. Throws RangeError for an amount beyond 18 decimals or 20 digits. */
  insertEarning(key: SimScopeKey, income: NewIncome, copies = 1): SimIncome[] {
    return this.insertMany(
      'earnings',
      key,
      Array.from({ length: copies }, () => income),
    );
  }

  /** As `insertEarning`; `type` is REWARD_EARN unless said. */
  insertReward(key: SimScopeKey, income: NewIncome, copies = 1): SimIncome[] {
    return this.insertMany(
      'rewards',
      key,
      Array.from({ length: copies }, () => income),
    );
  }

  /** Adds many rows at once. */
  insertMany(stream: SimLedgerStream, key: SimScopeKey, incomes: readonly NewIncome[]): SimIncome[] {
    return this.add(stream, key, incomes, null);
  }

  /** Serves `json` (any JSON text) in place of a row, at `atMs` in the order of the list. */
  insertRaw(stream: SimLedgerStream, key: SimScopeKey, atMs: number, json: string, currency = ''): SimIncome {
    const [row] = this.add(stream, key, [{ currency, minedAtMs: atMs, amount: '0' }], json);
    if (row === undefined) throw new KpoolError('broken-promise', 'One row in, one row out.');
    return row;
  }

  /** Changes a row. A row whose status or settle time is set no longer settles by itself. */
  amend(row: SimIncome, patch: Partial<SimIncomeFields>): void {
    const ledger = this.scope(row.scope).ledgers[row.stream];
    const amount = patch.amount === undefined ? {} : { amount: parseAmount(patch.amount) };
    const moves = row.live && patch.minedAtMs !== undefined;
    if (moves) ledger.remove(row);
    if (patch.status !== undefined || patch.settledAtMs !== undefined) ledger.forgetSettlement(row);
    Object.assign(row, patch, amount);
    if (moves) ledger.add([row]);
    ledger.changed();
  }

  /** Marks a row as paid, by default now. */
  settle(row: SimIncome, atMs = this.timeMs): void {
    this.amend(row, { status: 'SETTLED', settledAtMs: atMs });
  }

  /** Withdraws the row: the pool no longer serves it. */
  withdraw(row: SimIncome): void {
    this.scope(row.scope).ledgers[row.stream].remove(row);
    row.live = false;
  }

  /** The pool serves a withdrawn row again, as it was. */
  restore(row: SimIncome): void {
    if (row.live) return;
    row.live = true;
    this.scope(row.scope).ledgers[row.stream].add([row]);
    this.nextChangeMs = -Infinity;
  }

  /** The total in user/earn, canonical decimal text. */
  accountTotal(
    account: string,
    coin: string,
    definition: Pick<Quirks, 'totals' | 'totalDecimals'> = DEFAULT_QUIRKS,
  ): string {
    return totalOfAccount(this.account(account), coin, definition);
  }

  /** A sub-account's total in sub-user/earn, canonical decimal text. */
  subAccountTotal(
    account: string,
    puid: bigint,
    coin: string,
    definition: Pick<Quirks, 'totals' | 'totalDecimals'> = DEFAULT_QUIRKS,
  ): string {
    return totalOfSubAccount(this.account(account), puid, coin, definition);
  }

  /** Every currency with a row anywhere in the account, sorted. */
  currencies(account: string): readonly string[] {
    const ledgers = this.account(account)
      .scopes()
      .flatMap((scope) => Object.values(scope.ledgers));
    return [...new Set(ledgers.flatMap((ledger) => [...ledger.sums().keys()]))].sort();
  }

  // Machines

  /** The current machines, as of the last request or `advance`. */
  workers(key: SimScopeKey): readonly SimWorker[] {
    const fleet = this.findScope(key)?.fleet;
    fleet?.refresh(this.timeMs);
    return fleet?.all() ?? [];
  }

  /** The machines' states at an earlier moment. */
  workersAt(key: SimScopeKey, atMs: number): readonly SimWorker[] {
    return this.findScope(key)?.fleet.readingsAt(atMs) ?? [];
  }

  addWorker(key: SimScopeKey, added: NewWorker): SimWorker {
    const worker: SimWorker = { ...NO_READING, ...added, scope: key };
    this.scope(key).fleet.add(worker);
    return worker;
  }

  removeWorker(worker: SimWorker): void {
    this.scope(worker.scope).fleet.remove(worker);
  }

  /** Changes a machine's name, status, rates, …; from then on it no longer changes with time. */
  changeWorker(worker: SimWorker, patch: Partial<Omit<SimWorker, 'scope' | 'workerId'>>): void {
    Object.assign(worker, patch);
    this.scope(worker.scope).fleet.pin(worker);
  }

  /** A scope's data, if it has any. For the endpoints. */
  findScope(key: SimScopeKey): SimScope | undefined {
    return this.account(key.account).findScope(key.puid, key.algo);
  }

  private rows(stream: SimLedgerStream, key: SimScopeKey): readonly SimIncome[] {
    return this.findScope(key)?.ledgers[stream].rows ?? [];
  }

  private scope(key: SimScopeKey): SimScope {
    const account = this.account(key.account);
    const found = account.findScope(key.puid, key.algo);
    if (found !== undefined) return found;
    const scope = emptyScope(this.seed, key);
    account.addScope(scope);
    return scope;
  }

  private add(
    stream: SimLedgerStream,
    key: SimScopeKey,
    incomes: readonly NewIncome[],
    raw: string | null,
  ): SimIncome[] {
    const scope = this.scope(key);
    const rows = incomes.map((income) =>
      createRow({ stream, scope: scope.key, serial: this.serial++, raw }, income),
    );
    scope.ledgers[stream].add(rows);
    this.nextChangeMs = -Infinity;
    return rows;
  }
}
