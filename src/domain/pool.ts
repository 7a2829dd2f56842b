import type { DecimalText } from '../core/decimal';
import type { CallOptions } from './call-options';
import type { SubAccount, SubAccountIncome, Worker, WorkerFilter } from './entities';
import type { Puid, WorkerId } from './ids';
import type { IncomeRow } from './income';
import type { Listing, Page } from './page';

/** Which page of a list to ask for. */
export interface PagedQuery {
  /** 1 is the first. */
  readonly currentPage: number;
  /** 10 to 100 by the specification. */
  readonly pageSize: number;
}

/** A page of income between two instants, ms since the epoch; which ends are included is not specified. */
export interface IncomePageQuery extends PagedQuery {
  readonly puid: Puid;
  readonly algo: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly coinName?: string;
}

export interface WorkersQuery extends PagedQuery {
  readonly puid: Puid;
  readonly algo: string;
  readonly status: WorkerFilter;
  readonly coinName?: string;
}

export interface WorkerQuery {
  readonly puid: Puid;
  readonly algo: string;
  readonly workerId: WorkerId;
}

/** The pool as one account sees it. Every call throws classified `KpoolError`s. */
export interface Pool {
  /** The pool's clock, ms since the epoch. */
  now(): number;
  queryAlgorithms(options: CallOptions): Promise<Listing<string>>;
  querySubAccounts(options: CallOptions): Promise<Listing<SubAccount>>;
  queryEarnings(query: IncomePageQuery, options: CallOptions): Promise<Page<IncomeRow>>;
  queryRewards(query: IncomePageQuery, options: CallOptions): Promise<Page<IncomeRow>>;
  /** In order of their names. */
  queryWorkers(query: WorkersQuery, options: CallOptions): Promise<Page<Worker>>;
  /** One worker or none. */
  getWorker(query: WorkerQuery, options: CallOptions): Promise<Listing<Worker>>;
  /** One total or none. */
  queryAccountIncome(coinName: string, options: CallOptions): Promise<Listing<DecimalText>>;
  querySubAccountIncome(coinName: string, options: CallOptions): Promise<Listing<SubAccountIncome>>;
}
