import type postgres from 'postgres';
import { createLedgerAccount, puidOf } from './ledger-history';
import { useTestDatabase } from '../../support/test-database';

export interface Span {
  readonly from: string;
  readonly to: string;
  /** How long ago all of it was read; null if never. */
  readonly readAgo: string | null;
  readonly quarantined?: number;
  readonly inDoubt?: number;
}

/** The newest window, read just now. */
export const NEWEST: Span = { from: '2026-10-20Z', to: 'infinity', readAgo: '1 minute' };

/** An account whose windows a test writes itself, so that it decides what was read, and when. */
export interface ReadState {
  readonly sql: postgres.Sql;
  /** The account of the running test: the only one that is not a duplicate. */
  readonly account: { readonly id: number; readonly name: string };
  /** Stores what a sync would know about both lists of the account's sub-account 1 and SHA256d. */
  readonly know: (spans: readonly Span[], isWhole?: boolean, streams?: readonly string[]) => Promise<void>;
}

export function useReadState(): ReadState {
  const { sql } = useTestDatabase({ connections: 2 });
  let accounts = 0;
  let account = { id: 0, name: '' };
  beforeEach(async () => {
    // Only one account is active at a time, because a close checks all of them.
    await sql`UPDATE pool.sub_accounts SET default_algo = NULL`;
    await sql`UPDATE pool.accounts SET status = 'duplicate'`;
    await sql`DELETE FROM sync.windows`;
    await sql`DELETE FROM sync.quarantined_rows`;
    await sql`DELETE FROM sync.cursors`;
    const name = `account ${accounts++}`;
    account = { id: await createLedgerAccount(sql, name), name };
    await sql`UPDATE pool.sub_accounts SET default_algo = NULL WHERE puid = ${puidOf(account.id, 2)}`;
  });
  return {
    sql,
    get account() {
      return account;
    },
    async know(spans, isWhole = true, streams = ['earnings', 'rewards']) {
      await sql`
        INSERT INTO sync.cursors (stream, account_id, last_success_at)
        SELECT stream, ${account.id}, now() FROM unnest(ARRAY['algorithms', 'sub-accounts']) AS stream`;
      for (const stream of streams) {
        await sql`
          INSERT INTO sync.cursors (stream, puid, algo, history_complete, last_life_at, last_success_at, last_cycle_at)
          VALUES (${stream}, ${puidOf(account.id, 1)}, 'SHA256d', ${isWhole}, now(), now(), now())`;
        for (const span of spans) {
          await sql`
            INSERT INTO sync.windows (stream, puid, algo, from_at, to_at, row_count, quarantined_count, in_doubt_count, verified_at)
            VALUES (${stream}, ${puidOf(account.id, 1)}, 'SHA256d', ${span.from}::text::timestamptz, ${span.to}::text::timestamptz, 10,
                    ${span.quarantined ?? 0}, ${span.inDoubt ?? 0}, now() - ${span.readAgo}::interval)`;
        }
      }
    },
  };
}
