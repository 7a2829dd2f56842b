import { DAY_MS } from '../../../src/core/day';
import postgres from 'postgres';
import { RETRY_BUDGET_MS } from '../../../src/use-cases/manual-sync/retry-budget';
import type { StreamSummary } from '../../../src/use-cases/manual-sync/sync-stream';
import type { SyncService } from '../../../src/service/sync-service';
import type { Clock } from '../../../src/core/clock';
import type { KpoolError } from '../../../src/core/errors';
import { createLogger } from '../../../src/observability/logger';
import { createScrubber } from '../../../src/core/redaction';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { WHAT_IS_DUE } from '../../../src/sync/ledger/sync-ledger-scope';
import { hastenDatabaseClock, setDatabaseClock } from '../../support/database-clock';
import { fastClock } from '../../support/fast-clock';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { openTestService, syncOnce } from '../../support/synced-pool';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

type Credentials = Simulator['accounts'][number];

const START = Date.UTC(2026, 9, 20, 9, 30);
const EVERYTHING_AGAIN = { verifyBeforeMs: Infinity, span: null };
/** Time passes so much faster for the program and the database: patience and pace are all that these tests wait for. */
const FASTER = 20;

let database: TestDatabase;
let simulator: Simulator;
let sql: postgres.Sql;
let services: SyncService[];
let logged: string[];

/** The pool's users are account-1, account-2, …, as they name their keys. */
beforeEach(async () => {
  database = await createTestDatabase();
  services = [];
  logged = [];
  simulator = await createSimulator({
    seed: 5,
    startAt: START,
    rateLimit: null,
    world: {
      accounts: 2,
      subAccountsPerAccount: 1,
      days: 20,
      workersPerSubAccount: 2,
      algorithms: ['SHA256d', 'Scrypt'],
    },
  });
  sql = postgres(database.url, { max: 2, onnotice: () => undefined });
  await hastenDatabaseClock(sql, FASTER);
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  await sql.end();
  await simulator.close();
  await database.drop();
});

function keyOf(index: number): Credentials {
  return simulator.accounts[index]!;
}

async function open(...accounts: readonly Credentials[]): Promise<SyncService> {
  return openAt(fastClock(FASTER), ...accounts);
}

async function openAt(clock: Clock, ...accounts: readonly Credentials[]): Promise<SyncService> {
  const service = await openTestService({
    clock,
    databaseUrl: database.url,
    poolUrl: simulator.url,
    accounts,
    logger: createLogger({
      level: 'info',
      format: 'json',
      destination: { write: (line) => logged.push(line) },
      scrubber: createScrubber([]),
    }),
  });
  services.push(service);
  return service;
}

async function statuses(): Promise<Record<string, string>> {
  const rows = await sql<{ account_name: string; status: string }[]>`
    SELECT account_name, status FROM pool.accounts`;
  return Object.fromEntries(rows.map((row) => [row.account_name, row.status]));
}

async function reasonOf(name: string): Promise<string | null> {
  const [row] = await sql<{ status_reason: string | null }[]>`
    SELECT status_reason FROM pool.accounts WHERE account_name = ${name}`;
  return row!.status_reason;
}

function outcomesOf(summaries: readonly StreamSummary[], account: string): string[] {
  const ofAccount = summaries.filter((summary) => summary.account === account);
  const outcomes = ofAccount.flatMap(({ results }) => results.map(({ outcome }) => outcome));
  // A stream that had nothing to ask says nothing of how the account fares.
  return [...new Set(outcomes)].filter((outcome) => outcome !== 'skipped').sort();
}

/** Requests with a key, but for those that only taught us the pool's time (400002). */
function requestsOf(apiKey: string, sinceEntry = 0): number {
  return simulator.requests.entries
    .slice(sinceEntry)
    .filter((entry) => entry.apiKey === apiKey && entry.code !== '400002').length;
}

/** The ledger of one user of the pool, in full. */
async function expectLedgerOf(user: string, count: 'all' | 'none' = 'all'): Promise<void> {
  for (const stream of ['earnings', 'rewards'] as const) {
    const truth = truthOf(simulator, stream, simulator.world.scopes(user));
    expect(truth.length).toBeGreaterThan(0);
    const stored = (await storedOf(sql, stream)).filter((line) => line.includes(`"${user}"`));
    if (count === 'none') expect(stored).toEqual([]);
    else expect(differenceOf(truth, stored)).toEqual([]);
  }
}

function stopLines(): string[] {
  return logged.filter((line) => line.includes('is stopped'));
}

async function addKey(user: string, name: string): Promise<Credentials> {
  return Promise.resolve(simulator.keys.add(simulator.world.account(user), name));
}

async function countOf(table: postgres.Fragment): Promise<number> {
  const [row] = await sql<{ count: number }[]>`SELECT count(*)::int AS count FROM ${table}`;
  return row!.count;
}

test('P8 wrong credentials cost one request and stop one account', async () => {
  const [wrong, right] = [{ ...keyOf(0), apiSecret: 'another-secret' }, keyOf(1)];
  const service = await open(wrong, right);
  const summaries = await syncOnce(service);
  expect(requestsOf(wrong.apiKey)).toBe(1);
  expect(await statuses()).toEqual({ [wrong.name]: 'auth_failed', [right.name]: 'ok' });
  expect(await reasonOf(wrong.name)).toContain('refuses');
  expect(outcomesOf(summaries, right.name)).toEqual(['succeeded']);
  await expectLedgerOf(right.name);
  expect(stopLines()).toHaveLength(1);

  // A further manual sync tries once more, and the stop is not logged again.
  await syncOnce(service);
  expect(requestsOf(wrong.apiKey)).toBe(2);
  expect(stopLines()).toHaveLength(1);
});

test('a key revoked during a sync stops its account at once', async () => {
  const service = await open(...simulator.accounts);
  await syncOnce(service);
  const { apiKey, name } = keyOf(0);
  const other = keyOf(1);
  simulator.clock.advance(3 * DAY_MS);
  const before = simulator.requests.entries.length;
  simulator.keys.revoke(apiKey);
  const streams = ['earnings', 'rewards', 'account-income', 'sub-account-income', 'workers'] as const;
  const summaries = await syncOnce(service, { streams }, EVERYTHING_AGAIN);
  // One a stream and lane may have been on its way when the first one was refused; none follows.
  expect(requestsOf(apiKey, before)).toBeLessThanOrEqual(11);
  expect(await statuses()).toEqual({ [name]: 'auth_failed', [other.name]: 'ok' });
  expect(outcomesOf(summaries, name).filter((outcome) => outcome === 'succeeded')).toEqual([]);
  expect(outcomesOf(summaries, other.name)).toEqual(['succeeded']);
  expect(stopLines()).toHaveLength(1);
  expect(await service.statusOf(service.accounts.find((account) => account.name === name)!)).toBe(
    'auth_failed',
  );
});

test('a stopped account resumes only when its credentials change', async () => {
  const right = keyOf(0);
  const wrong = { ...right, apiPassphrase: 'another-passphrase' };
  await syncOnce(await open(wrong));
  const again = await open(wrong);
  expect(again.accounts[0]!.status).toBe('auth_failed');
  const changed = await open(right);
  expect(changed.accounts[0]!.status).toBe('ok');
  expect(outcomesOf(await syncOnce(changed), right.name)).toEqual(['succeeded']);
  await expectLedgerOf(right.name);
});

test('processes that start together register one account', async () => {
  const key = await addKey(keyOf(0).name, 'new');
  const opened = await Promise.all(Array.from({ length: 5 }, () => open(key)));
  expect(new Set(opened.map(({ accounts }) => accounts[0]!.accountId)).size).toBe(1);
});

test('changed credentials make all scopes due at once, once', async () => {
  const key = keyOf(0);
  const isDue = async (service: SyncService): Promise<boolean> => {
    const { scopes, nowMs } = await service.plan(service.accounts[0]!, 'sub-accounts');
    return scopes.every(({ nextVisitMs }) => nextVisitMs <= nowMs);
  };
  await syncOnce(await open(key));
  expect(await isDue(await open(key))).toBe(false);

  const wrong = await open({ ...key, apiPassphrase: 'another-passphrase' });
  expect(await isDue(wrong)).toBe(true);
  await syncOnce(wrong, { streams: ['sub-accounts'] });
  expect(await isDue(wrong)).toBe(false);
  expect(await statuses()).toMatchObject({ [key.name]: 'auth_failed' });

  const right = await open(key);
  expect(await isDue(right)).toBe(true);
  await syncOnce(right, { streams: ['sub-accounts'] });
  expect(await isDue(right)).toBe(false);
});

test('a failure with old credentials does not delay the new ones', async () => {
  const key = keyOf(0);
  const streams = ['sub-accounts', 'earnings'] as const;
  /** How many scopes rest after failures, and the longest rest in seconds. */
  const resting = async (service: SyncService) => {
    const rests: number[] = [];
    for (const stream of streams) {
      const { scopes, nowMs } = await service.plan(service.accounts[0]!, stream);
      rests.push(...scopes.map(({ nextVisitMs }) => (nextVisitMs - nowMs) / 1_000));
    }
    return { scopes: rests.filter((rest) => rest > 0).length, longest: Math.max(...rests) };
  };
  const service = await open(key);
  await syncOnce(service, { streams: ['algorithms', 'sub-accounts'] });
  await sql`UPDATE sync.cursors SET last_cycle_at = last_cycle_at - interval '1 day'`;
  // At its usual speed: how long scopes rest is what is looked at.
  const [clock] = await sql<{ now: Date }[]>`SELECT sync.now() AS now`;
  await setDatabaseClock(sql, clock!.now.getTime());
  simulator.keys.revoke(key.apiKey);
  for (let time = 1; time <= 3; time += 1) await syncOnce(service, { streams });
  expect((await resting(service)).longest).toBeGreaterThan(20);

  const renewed = { ...(await addKey(key.name, 'renewed')), name: key.name };
  const current = await open(renewed);
  expect((await resting(current)).scopes).toBe(0);
  // And with them failures are counted from zero.
  simulator.keys.revoke(renewed.apiKey);
  await syncOnce(current, { streams });
  const { scopes, longest } = await resting(current);
  expect(scopes).toBeGreaterThan(0);
  expect(longest).toBeLessThanOrEqual(60);
});

test('a sync by hand resumes an account if its key is accepted', async () => {
  const key = keyOf(0);
  const { apiKey, name } = key;
  const service = await open(key);
  await syncOnce(service);
  simulator.keys.revoke(apiKey);
  await syncOnce(service);
  expect(await statuses()).toMatchObject({ [name]: 'auth_failed' });
  await addKey(name, name);
  expect(outcomesOf(await syncOnce(await open(key)), name)).toEqual(['succeeded']);
  expect(await statuses()).toMatchObject({ [name]: 'ok' });
  expect(await service.statusOf(service.accounts[0]!)).toBe('ok');
});

test('outdated credentials stop only their own process', async () => {
  const old = keyOf(0);
  const outdated = await open(old);
  await syncOnce(outdated);
  simulator.keys.revoke(old.apiKey);
  const renewed = { ...(await addKey(old.name, 'renewed')), name: old.name };
  const current = await open(renewed);
  await syncOnce(outdated);
  expect(await outdated.statusOf(outdated.accounts[0]!)).toBe('auth_failed');
  expect(await current.statusOf(current.accounts[0]!)).toBe('ok');
  expect(outcomesOf(await syncOnce(current), old.name)).toEqual(['succeeded']);
  await expectLedgerOf(old.name);
});

test('P8 the second key of one user is stopped as a duplicate', async () => {
  const second = await addKey(keyOf(0).name, 'second');
  // At the same moment, so that neither has seen the other.
  const summaries = await syncOnce(await open(keyOf(0), second, keyOf(1)));
  const found = await statuses();
  expect([found[keyOf(0).name], found['second']].sort()).toEqual(['duplicate', 'ok']);
  expect(found[keyOf(1).name]).toBe('ok');
  expect(outcomesOf(summaries, keyOf(1).name)).toEqual(['succeeded']);
  const rows = await sql`SELECT puid FROM pool.sub_accounts`;
  expect(rows).toHaveLength(2);
  expect(
    await countOf(sql`pool.account_income_samples s JOIN pool.accounts a USING (account_id)
    WHERE a.status = 'duplicate'`),
  ).toBe(0);

  // Other streams succeed with that key; they prove nothing.
  const duplicate = found['second'] === 'duplicate' ? second : keyOf(0);
  await syncOnce(await open(duplicate), { streams: ['account-income', 'sub-account-income'] });
  expect((await statuses())[duplicate.name]).toBe('duplicate');
  expect(await sql`SELECT puid FROM pool.sub_accounts`).toHaveLength(2);
});

test('a key of another user stops the account; nothing is mixed', async () => {
  const { apiKey, name } = keyOf(0);
  const stranger = simulator.world.addAccount('stranger');
  simulator.world.addSubAccount('stranger', { puid: 900n, pname: 'theirs', defaultAlgo: 'SHA256d' });
  const service = await open(keyOf(0));
  await syncOnce(service);
  simulator.keys.repoint(apiKey, stranger);
  await syncOnce(service);
  expect(await statuses()).toMatchObject({ [name]: 'changed' });
  await expectLedgerOf(name);
  expect(await countOf(sql`pool.sub_accounts WHERE puid = 900`)).toBe(0);
  simulator.keys.repoint(apiKey, simulator.world.account(name));
  await syncOnce(service);
  expect(await statuses()).toMatchObject({ [name]: 'ok' });
});

test('another user’s key is found before any other stream runs', async () => {
  const { name } = keyOf(0);
  await syncOnce(await open(keyOf(0)));
  const stranger = simulator.world.addAccount('stranger');
  simulator.world.addSubAccount('stranger', { puid: 900n, pname: 'theirs', defaultAlgo: 'SHA256d' });
  const theirs = simulator.keys.add(stranger);
  const before = simulator.requests.entries.length;
  const mixed = await open({ ...theirs, name });
  await syncOnce(mixed, { streams: ['earnings', 'account-income', 'sub-account-income'] });
  const asked = simulator.requests.entries.slice(before).map(({ endpoint }) => endpoint);
  expect(new Set(asked)).toEqual(new Set(['user/query']));
  expect(await statuses()).toMatchObject({ [name]: 'changed' });
  await expectLedgerOf(name);
  expect(await countOf(sql`pool.sub_accounts WHERE puid = 900`)).toBe(0);
});

test('maintenance sends one request per account, no stampede', async () => {
  const [{ apiKey, name }, other] = [keyOf(0), keyOf(1)];
  // Slow enough that the circuit is still open at the second sync.
  const service = await openAt(fastClock(4), keyOf(0), other);
  await syncOnce(service);
  const stop = simulator.faults.when((request) =>
    request.apiKey === apiKey ? { kind: 'maintenance' } : undefined,
  );
  const before = simulator.requests.entries.length;
  const streams = ['earnings', 'rewards', 'account-income', 'sub-account-income', 'workers'] as const;
  const summaries = await syncOnce(service, { streams }, EVERYTHING_AGAIN);
  expect(outcomesOf(summaries, name)).toEqual(['failed']);
  expect(outcomesOf(summaries, other.name)).toEqual(['succeeded']);
  expect(await statuses()).toEqual({ [name]: 'ok', [other.name]: 'ok' });
  const during = requestsOf(apiKey, before);
  // Four attempts of each lane that was on its way when the first one failed; then nobody asks.
  expect(during).toBeLessThanOrEqual(4 * 11);
  await syncOnce(service, { accountName: name, streams }, EVERYTHING_AGAIN);
  // A slow machine may come to the probe that ends the pause: one request, not one a lane.
  expect(requestsOf(apiKey, before)).toBeLessThanOrEqual(during + 1);
  stop();
});

test('a sync by hand outlasts a short maintenance', async () => {
  const { apiKey, name } = keyOf(0);
  const service = await open(keyOf(0));
  const stop = simulator.faults.when((request) =>
    request.apiKey === apiKey && requestsOf(apiKey) <= 6 ? { kind: 'maintenance' } : undefined,
  );
  const summaries = await syncOnce(service, {}, WHAT_IS_DUE, RETRY_BUDGET_MS);
  stop();
  expect(outcomesOf(summaries, name)).toEqual(['succeeded']);
  await expectLedgerOf(name);
});

test('a lasting 403 ends a sync in two minutes, stops nobody', async () => {
  const { apiKey, name } = keyOf(0);
  const service = await open(keyOf(0), keyOf(1));
  simulator.faults.when((request) =>
    request.apiKey === apiKey ? { kind: 'http', status: 403, body: 'empty' } : undefined,
  );
  const summaries = await syncOnce(service, {}, WHAT_IS_DUE, RETRY_BUDGET_MS);
  expect(outcomesOf(summaries, name)).toContain('failed');
  expect(outcomesOf(summaries, keyOf(1).name)).toEqual(['succeeded']);
  const error: KpoolError | null = summaries.find(({ account }) => account === name)!.results[0]!.error;
  expect(error).toMatchObject({
    code: 'pool.throttled',
    message: expect.stringMatching(/too many .* or forbidden/) as string,
    hint: expect.stringMatching(/try again.*another program.*permissions and IP restrictions/) as string,
  });
  expect(requestsOf(apiKey)).toBeLessThanOrEqual(8);
  expect(await statuses()).toMatchObject({ [name]: 'ok' });
});

test('a forbidden account is tried hourly until it is admitted', async () => {
  const service = await open(keyOf(0));
  await syncOnce(service, { streams: ['sub-accounts'] });
  const [account] = service.accounts as [SyncService['accounts'][number]];
  const mayRun = (): Promise<boolean[]> =>
    Promise.all((['sub-accounts', 'earnings'] as const).map((stream) => service.mayRun(account, stream)));
  const setStatus = async (status: string): Promise<void> => {
    await sql`UPDATE pool.accounts SET status = ${status} WHERE account_id = ${account.accountId}`;
  };
  expect(await mayRun()).toEqual([true, true]);
  await setStatus('forbidden');
  expect(await mayRun()).toEqual([false, false]);
  await sql`UPDATE sync.runs SET started_at = started_at - interval '61 minutes'`;
  expect(await mayRun()).toEqual([true, false]);
  await setStatus('auth_failed');
  expect(await mayRun()).toEqual([false, false]);
  await setStatus('forbidden');

  const { signal } = new AbortController();
  const scope = { stream: 'sub-accounts', accountId: account.accountId, puid: null, algo: null } as const;
  await service.run(account, scope, { trigger: 'schedule', signal });
  expect(await statuses()).toMatchObject({ [keyOf(0).name]: 'ok' });
  expect(await mayRun()).toEqual([true, true]);
});
