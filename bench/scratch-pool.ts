import { join } from 'node:path';
import { ChildProgram } from '../test/support/child-program';
import type { SyncLedgerOptions } from './programs/sync-ledger';

export const startProgram = (name: string, ...args: readonly (string | number)[]): ChildProgram =>
  new ChildProgram(join(__dirname, 'programs', `${name}.ts`), args.map(String));

/** The program in `programs/sync-ledger.ts`, ready to sync. */
export async function startSync(options: SyncLedgerOptions): Promise<ChildProgram> {
  const sync = startProgram('sync-ledger', JSON.stringify(options));
  await sync.answer();
  return sync;
}

export interface PoolFacts {
  readonly url: string;
  readonly puids: readonly number[];
}

/** Runs `work` beside the pool in `programs/income-pool.ts`. */
export async function withIncomePool<Result>(
  size: {
    readonly accounts?: number;
    readonly subAccounts: number;
    /** Earnings; there are as many rewards. */
    readonly rowsEach: number;
    readonly maxPage?: number;
  },
  work: (facts: PoolFacts, program: ChildProgram) => Promise<Result>,
): Promise<Result> {
  const { accounts = 1, subAccounts, rowsEach, maxPage = 100 } = size;
  const program = startProgram('income-pool', accounts, subAccounts, rowsEach, maxPage);
  try {
    return await work(await program.answer<PoolFacts>(), program);
  } finally {
    await program.kill();
  }
}
