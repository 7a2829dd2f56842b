import { createHash } from 'node:crypto';
import { Secret } from '../../../src/core/secret';
import type { AccountId, Puid } from '../../../src/domain/ids';
import { createStoreClient } from '../../../src/store/client';
import { quarantineRows } from '../../../src/store/quarantine';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from '../report/ledger-history';

const database = useTestDatabase();

test('P8 a row of 14 MB is kept in part, with its hash', async () => {
  const { sql } = database;
  const client = createStoreClient({
    url: new Secret(database.url),
    maxConnections: 1,
    applicationName: 'test',
  });
  try {
    const accountId = (await createLedgerAccount(sql, 'main')) as AccountId;
    const scope = {
      stream: 'earnings',
      accountId,
      puid: BigInt(puidOf(accountId, 1)) as Puid,
      algo: 'SHA256d',
    } as const;
    const huge = `{"amount":"x","note":"${'😀'.repeat(3_500_000)}`;
    const rows = [`${huge}1"}`, `${huge}2"}`, `${huge}2"}`, '{"amount":"x"}'];
    const store = () =>
      quarantineRows(
        client,
        scope,
        rows.map((raw) => ({ raw, reason: 'amount is "x", not a number' })),
      );
    expect(await store()).toBe(4);
    expect(await store()).toBe(4);
    const kept = await sql<{ raw: string; hash: string }[]>`
      SELECT raw, raw_hash AS hash FROM sync.quarantined_rows ORDER BY quarantine_id`;
    expect(kept.map(({ hash }) => hash)).toEqual(
      rows.map((raw) => createHash('sha256').update(raw).digest('hex')),
    );
    expect(kept.map(({ raw }) => raw.length < 20_000)).toEqual([true, true, true, true]);
    expect(kept[0]!.raw).toMatch(/^\{"amount":"x","note":"😀+… \(the first of 7000025 characters\)$/u);
    expect(kept[3]!.raw).toBe('{"amount":"x"}');
  } finally {
    await client.$disconnect();
  }
});
