import type { KpoolError } from '../../../src/core/errors';
import type { Puid } from '../../../src/domain/ids';
import type { PoolClient } from '../../../src/kucoin';
import { DEFAULT_RETRY_POLICY } from '../../../src/kucoin/retry-policy';
import { jumpingClock, type JumpingClock } from '../../support/jumping-clock';
import { answer, CALL, createTestClient, failure, page, startScriptedPool, success } from './scripted-pool';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** The waits of the service's client. */
const IN_EARNEST = {
  throttled: DEFAULT_RETRY_POLICY.throttled,
  backoff: DEFAULT_RETRY_POLICY.backoff,
  circuit: DEFAULT_RETRY_POLICY.circuit,
};
const TOO_MANY = '{"success":false,"code":"403","msg":"Too Many Requests"}';

type Ask = (client: PoolClient) => Promise<unknown>;

const earnings =
  (puid: bigint): Ask =>
  (client) =>
    client.queryEarnings(
      { puid: puid as Puid, algo: 'A', startMs: 0, endMs: 1, currentPage: 1, pageSize: 50 },
      CALL,
    );
const algorithms: Ask = (client) => client.queryAlgorithms(CALL);
const SCOPES: readonly Ask[] = [algorithms, ...Array.from({ length: 14 }, (_, i) => earnings(BigInt(i + 1)))];

const sound = (url: string | undefined): string =>
  url?.includes('earn/query') === true
    ? page([])
    : success(url?.includes('user/earn') === true ? '1' : '["A"]');

const codeOf = (ask: Promise<unknown>): Promise<string> =>
  ask.then(
    () => 'ok',
    (error: unknown) => (error as KpoolError).code,
  );

interface Pool {
  readonly client: ReturnType<typeof createTestClient>;
  readonly clock: JumpingClock;
  /** When each request arrived, and whether its answer was a success. */
  readonly log: { readonly atMs: number; readonly isOk: boolean }[];
}

/** `refuse` returns the refusal of a request by its time and URL, or null for a success. */
async function startPool(
  refuse: (atMs: number, url: string) => { status?: number; body: string } | null,
  random: () => number = () => 0.5,
): Promise<Pool> {
  const clock = jumpingClock({ standsStill: true });
  const startMs = clock.monotonicMs();
  const log: { atMs: number; isOk: boolean }[] = [];
  const pool = await startScriptedPool(({ url = '' }, response) => {
    const atMs = clock.monotonicMs() - startMs;
    const refusal = refuse(atMs, url);
    log.push({ atMs, isOk: refusal === null });
    if (refusal === null) answer(response, sound(url));
    else answer(response, refusal.body, { status: refusal.status ?? 200 });
  });
  return { clock, log, client: createTestClient(pool.url, { clock, random, retries: IN_EARNEST }) };
}

/** Lets the scopes query in turn, twice a second, whatever the previous answer. Returns the resulting error codes. */
async function knock({ client, clock }: Pool, forMs: number, scopes = SCOPES): Promise<Set<string>> {
  const codes = new Set<string>();
  const untilMs = clock.monotonicMs() + forMs;
  for (let turn = 0; clock.monotonicMs() < untilMs; turn++) {
    codes.add(await codeOf(scopes[turn % scopes.length]!(client)));
    await clock.sleep(SECOND / 2);
  }
  return codes;
}

test.each([
  ['code 200002', { body: failure('200002') }],
  ['a 403 that says what it means', { status: 403, body: TOO_MANY }],
  ['a 403 without a word', { status: 403, body: '' }],
])('P6 a ban by %s that requests prolong ends in minutes', async (_what, refusal) => {
  let bannedUntilMs = 1;
  const pool = await startPool((atMs) => {
    if (atMs >= bannedUntilMs) return null;
    bannedUntilMs = atMs + 30 * SECOND;
    return refusal;
  });
  expect(await codeOf(algorithms(pool.client))).not.toBe('ok');
  const codes = await knock(pool, 5 * MINUTE);
  expect(codes).toContain('ok');
  expect(codes).not.toContain('pool.forbidden');
  const refused = pool.log.filter(({ isOk }) => !isOk);
  expect(refused.length).toBeLessThanOrEqual(12);
  // After the ban no request is refused.
  expect(pool.log.slice(refused.length).every(({ isOk }) => isOk)).toBe(true);
  expect(refused.at(-1)!.atMs).toBeLessThan(3 * MINUTE);
});

test('one throttled answer slows the pace and fails no call', async () => {
  let n = 0;
  const pool = await startPool(() => (++n === 1 ? { body: failure('200002') } : null));
  expect([...(await knock(pool, MINUTE))]).toEqual(['ok']);
  expect(pool.client.pacer.throttled).toHaveLength(1);
});

test('P6 calls that wait while the circuit opens are not sent', async () => {
  const pool = await startPool(() => ({ body: failure('200002') }));
  const { pacer } = pool.client;
  const waiting: (() => void)[] = [];
  const pass = pacer.acquire;
  pacer.acquire = (request) => new Promise((resolve) => waiting.push(() => void pass(request).then(resolve)));
  const calls = SCOPES.map((ask) => codeOf(ask(pool.client)));
  while (waiting.length > 0 || !(await Promise.race([Promise.all(calls).then(() => true), tick()]))) {
    waiting.shift()?.();
    // The pace lets them through one by one.
    while (pacer.answered < pacer.acquired) await tick();
    await tick();
    await pool.clock.sleep(SECOND / 2);
  }
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['pool.throttled']));
  expect(pool.log.length).toBeLessThanOrEqual(6);
  expect(pacer.answered).toBe(pacer.acquired);
});

test.each([0, 0.3, 0.7, 0.999])('P6 a minute of maintenance ends within two minutes (%p)', async (random) => {
  const pool = await startPool(
    (atMs) => (atMs < MINUTE ? { status: 503, body: '' } : null),
    () => random,
  );
  await Promise.all(SCOPES.slice(0, 6).map((ask) => codeOf(ask(pool.client))));
  await knock(pool, 3 * MINUTE);
  const back = pool.log.find(({ isOk }) => isOk)!;
  expect(back.atMs).toBeLessThanOrEqual(2 * MINUTE);
  expect(pool.log.filter(({ isOk }) => !isOk).length).toBeLessThanOrEqual(6 * 4 + 10);
});

test('P8 a 403 for one sub-account fails only that one', async () => {
  const pool = await startPool((_atMs, url) => (url.includes('puid=1&') ? { status: 403, body: '' } : null));
  const { client, clock } = pool;
  const sleep = clock.sleep;
  // While one call waits for its next attempt, another one succeeds.
  clock.sleep = async (ms) => {
    clock.sleep = sleep;
    await sleep(ms / 2);
    expect(await codeOf(earnings(2n)(client))).toBe('ok');
    await sleep(ms / 2);
  };
  expect(await codeOf(earnings(1n)(client))).toBe('pool.refused');
  expect([...(await knock(pool, MINUTE))].sort()).toEqual(['ok', 'pool.refused']);
  expect(client.pacer.throttled.length).toBeGreaterThan(0);
  expect(client.pacer.takenBack).toContain(client.fingerprint);

  // From then on a call costs one request and reports no throttling.
  const before = { requests: pool.log.length, reports: client.pacer.throttled.length };
  expect(await codeOf(earnings(1n)(client))).toBe('pool.refused');
  expect(pool.log.length - before.requests).toBe(1);
  expect(client.pacer.throttled).toHaveLength(before.reports);
});

test('a key counts as forbidden after ten minutes of refusals', async () => {
  let isOver = false;
  const pool = await startPool(() => (isOver ? null : { status: 403, body: '<html>' }));
  expect(await knock(pool, 10 * MINUTE)).toEqual(new Set(['pool.throttled']));
  expect(pool.client.pacer.takenBack).toEqual([]);
  expect(await knock(pool, 20 * MINUTE)).toContain('pool.forbidden');
  expect(pool.client.pacer.takenBack).toContain(pool.client.fingerprint);
  expect(pool.log.length).toBeLessThan(20);
  isOver = true;
  await pool.clock.sleep(20 * MINUTE);
  expect(await knock(pool, MINUTE)).toEqual(new Set(['ok']));
});

test.each([
  ['a throttling', { status: 403, body: TOO_MANY }],
  ['a throttling by code', { status: 403, body: failure('200002') }],
])('%s 403 never means forbidden, however long it lasts', async (_what, refusal) => {
  const pool = await startPool(() => refusal);
  expect(await knock(pool, 180 * MINUTE)).toEqual(new Set(['pool.throttled']));
});

test('a key that may only read accumulated income is not forbidden', async () => {
  const pool = await startPool((_atMs, url) =>
    url.includes('user/earn') ? null : { status: 403, body: '' },
  );
  const streams: Ask[] = [
    ...SCOPES,
    (client) => client.querySubAccounts(CALL),
    (client) => client.queryAccountIncome('BTC', CALL),
  ];
  const codes = await knock(pool, 60 * MINUTE, streams);
  expect(codes).toContain('ok');
  expect(codes).not.toContain('pool.forbidden');
});

function tick(): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, 5, false));
}
