/** Which account owns a sub-account that several keys show? */
import type { SubAccount } from '../../../src/domain/entities';
import type { AccountId, Puid } from '../../../src/domain/ids';
import { readStatus } from '../../../src/report/status/service-status';
import { PrismaAccountStore } from '../../../src/store/accounts';
import { PrismaCatalogStore } from '../../../src/store/catalog';
import type { PrismaClient } from '../../../src/store/generated/client';
import { createStoreClient } from '../../../src/store/client';
import { Secret } from '../../../src/core/secret';
import { ensureCursor } from '../../../src/store/cursors';
import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';

let client: PrismaClient;

const database = useTestDatabase({ connections: 2 });
const { sql } = database;
database.beforeDrop(() => client.$disconnect());

let main: AccountId;
let farm: AccountId;

beforeAll(async () => {
  client = createStoreClient({
    url: new Secret(database.url),
    maxConnections: 2,
    applicationName: 'test',
  });
  const accounts = new PrismaAccountStore(client);
  main = (await accounts.register('main', 'a')).accountId;
  farm = (await accounts.register('farm', 'b')).accountId;
});

function subAccount(puid: number): SubAccount {
  const rates = { realHps: null, hourHps: null, dayHps: null, hashUnit: null };
  return { ...rates, puid: BigInt(puid) as Puid, pname: `sub ${puid}`, defaultAlgo: 'SHA256d', extra: null };
}

async function list(accountId: AccountId, ...puids: number[]): Promise<void> {
  const scope = { stream: 'sub-accounts', accountId, puid: null, algo: null } as const;
  await ensureCursor(client, scope);
  const [cursor] = await sql<{ version: string }[]>`
    SELECT version FROM sync.cursors WHERE stream = 'sub-accounts' AND account_id = ${accountId}`;
  await new PrismaCatalogStore(client).storeSubAccounts(
    scope,
    BigInt(cursor!.version),
    { rows: puids.map(subAccount), unreadable: [], answeredAtMs: Date.now() },
    new Set(puids.map(String)),
  );
}

async function owners(): Promise<Record<string, string>> {
  const rows = await sql<{ puid: string; owner: string }[]>`
    SELECT puid, account_name AS owner FROM report.sub_accounts ORDER BY puid`;
  return Object.fromEntries(rows.map(({ puid, owner }) => [puid, owner]));
}

async function leftOutProblems(): Promise<string[]> {
  const { wellness } = await readStatus(sql, null);
  return wellness.problems
    .filter(({ kind }) => kind === 'sub-accounts-left-out')
    .map(({ what, alert }) => `${what} ${String(alert?.detail['subAccounts'])}`);
}

const kpool = (...words: string[]) => runCliInProcess([...words, '--json'], { DATABASE_URL: database.url });

test('P8 a sub-account of two keys belongs to the first one', async () => {
  await list(main, 1, 2);
  await list(farm, 2, 3);
  expect(await owners()).toEqual({ 1: 'main', 2: 'main', 3: 'farm' });
  expect(await leftOutProblems()).toEqual([
    'The API key of farm also lists sub-accounts of other accounts, which are skipped: sub 2 (2, of main). 1',
  ]);
  expect(await sql`SELECT puid::int FROM pool.sub_account_samples WHERE puid = 2`).toHaveLength(0);
});

test('P8 a key without sub-accounts of its own is a duplicate', async () => {
  const accounts = new PrismaAccountStore(client);
  const copy = (await accounts.register('copy', 'c')).accountId;
  await expect(list(copy, 1, 2)).rejects.toMatchObject({ code: 'account.duplicate' });
  expect(await owners()).toEqual({ 1: 'main', 2: 'main', 3: 'farm' });
});

test('kpool accounts move gives a sub-account to another account', async () => {
  const { code, stdout } = await kpool('accounts', 'move', '2', 'farm');
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    { puid: '2', subAccount: 'sub 2', from: 'main', to: 'farm' },
  ]);
  expect(await leftOutProblems()).toEqual([]);
  await list(farm, 2, 3);
  await list(main, 1, 2);
  expect(await owners()).toEqual({ 1: 'main', 2: 'farm', 3: 'farm' });
  const listed = JSON.parse((await kpool('accounts', 'list')).stdout) as unknown;
  expect(listed).toEqual([
    { account: 'copy', status: 'ok', reason: null, subAccounts: [], leftOut: [] },
    {
      account: 'farm',
      status: 'ok',
      reason: null,
      subAccounts: [
        { puid: '2', name: 'sub 2', isListed: true },
        { puid: '3', name: 'sub 3', isListed: true },
      ],
      leftOut: [],
    },
    {
      account: 'main',
      status: 'ok',
      reason: null,
      subAccounts: [{ puid: '1', name: 'sub 1', isListed: true }],
      leftOut: [{ puid: '2', name: 'sub 2', owner: 'farm' }],
    },
  ]);
});

test('kpool accounts move refuses unknown names', async () => {
  expect((await kpool('accounts', 'move', '99', 'farm')).code).toBe(2);
  expect((await kpool('accounts', 'move', '2', 'nobody')).code).toBe(2);
  expect(await owners()).toEqual({ 1: 'main', 2: 'farm', 3: 'farm' });
});

test('an unlisted sub-account moves to the account that lists it', async () => {
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname, removed_at) VALUES (${farm}, 4, '', now())`;
  await list(main, 1, 4);
  expect(await owners()).toMatchObject({ 4: 'main' });
});
