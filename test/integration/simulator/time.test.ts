import * as fc from 'fast-check';
import { DAY_MS } from '../../../src/core/day';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { call, walk, type PageData } from './pool-caller';

const NOON = Date.UTC(2026, 10, 22, 12);
const open = new Set<Simulator>();

async function start(options: { seed?: number; days?: number; accounts?: number } = {}): Promise<Simulator> {
  const { seed = 3, days = 60, accounts = 1 } = options;
  const simulator = await createSimulator({
    seed,
    startAt: NOON,
    world: { days, accounts },
    rateLimit: null,
  });
  open.add(simulator);
  return simulator;
}

afterEach(async () => {
  await Promise.all([...open].map((simulator) => simulator.close()));
  open.clear();
});

/** Everything in a world except the order of creation. */
function truth({ world }: Simulator): string {
  return JSON.stringify(
    world.accounts.map(({ name }) => ({
      name,
      subAccounts: world.subAccounts(name),
      algorithms: world.algorithms(name),
      scopes: world.scopes(name).map((scope) => ({
        scope,
        rows: [...world.earnings(scope), ...world.rewards(scope)]
          .map((row) => JSON.stringify({ ...row, serial: 0 }, text))
          .sort(),
        workers: world.workers(scope),
      })),
    })),
    text,
  );
}

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

test('the same seed gives the same world, another seed another', async () => {
  const [one, same, other] = [
    await start({ accounts: 2 }),
    await start({ accounts: 2 }),
    await start({ accounts: 2, seed: 4 }),
  ];
  expect(truth(one)).toBe(truth(same));
  expect(one.accounts).toEqual(same.accounts);
  expect(truth(one)).not.toBe(truth(other));
});

test('the number of steps in which the clock moves is irrelevant', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 9 * DAY_MS }), { minLength: 1, maxLength: 8 }),
      async (steps) => {
        const walked = await start();
        const jumped = await start();
        const total = steps.reduce((sum, step) => sum + step, 0);
        // The worlds move by whole minutes, so that the host's own time does not matter.
        let done = 0;
        for (const step of steps) {
          done += step;
          walked.world.liveUntil(NOON + done);
        }
        jumped.world.liveUntil(NOON + total);
        expect(truth(walked)).toBe(truth(jumped));
      },
    ),
    { numRuns: 8 },
  );
});

test('as days pass, income appears, settles and adds to totals', async () => {
  const simulator = await start();
  const { world, clock } = simulator;
  const [scope] = world.scopes('main');
  const before = world.earnings(scope!);
  const pending = before.filter((row) => row.status === 'WAIT_SETTLE' && row.minedAtMs > NOON - 5 * DAY_MS);
  const total = Number(world.accountTotal('main', 'BTC'));
  expect(pending.length).toBeGreaterThan(0);
  clock.advance(10 * DAY_MS);
  expect(world.earnings(scope!).length).toBeGreaterThanOrEqual(before.length + 8);
  for (const row of pending) {
    expect(row.status).toBe('SETTLED');
    expect(row.settledAtMs).toBeGreaterThan(NOON);
  }
  expect(Number(world.accountTotal('main', 'BTC'))).toBeGreaterThan(total);
  const { data } = await call(simulator, 'earn/query', {
    algo: scope!.algo,
    puid: scope!.puid,
    currentPage: 1,
    pageSize: 10,
  });
  expect(Number((data as PageData).items[0]!['miningDate'])).toBeGreaterThan(NOON + 7 * DAY_MS);
});

test('retroactive income appears later than its mining date', async () => {
  const simulator = await start();
  const seen = new Set(simulator.world.scopes().flatMap((scope) => simulator.world.rewards(scope)));
  simulator.clock.advance(200 * DAY_MS);
  const late = simulator.world
    .scopes()
    .flatMap((scope) => simulator.world.rewards(scope))
    .filter((row) => !seen.has(row) && row.minedAtMs < NOON - 2 * DAY_MS);
  expect(late.map((row) => row.type)).toContain('HASH_RATE_EARN');
});

test('machines go down, come back, and are replaced', async () => {
  const simulator = await createSimulator({
    seed: 5,
    startAt: NOON,
    world: { days: 1, workersPerSubAccount: 300 },
    rateLimit: null,
  });
  open.add(simulator);
  const { world, clock } = simulator;
  const [scope] = world.scopes('main');
  const states = () => new Map(world.workers(scope!).map((worker) => [worker.workerId, worker.status]));
  const before = states();
  expect(new Set(before.values())).toEqual(new Set(['ACTIVE', 'INACTIVE', 'INVALID']));
  clock.advance(60 * DAY_MS);
  const after = states();
  expect([...after.keys()].some((id) => !before.has(id))).toBe(true);
  expect([...before.keys()].some((id) => !after.has(id))).toBe(true);
  expect([...before].some(([id, status]) => status === 'ACTIVE' && after.get(id) === 'INACTIVE')).toBe(true);
  expect([...before].some(([id, status]) => status === 'INACTIVE' && after.get(id) === 'ACTIVE')).toBe(true);
});

test('the three statuses list every machine once, in order', async () => {
  const simulator = await createSimulator({
    seed: 5,
    startAt: NOON,
    world: { days: 1, workersPerSubAccount: 230 },
    rateLimit: null,
  });
  open.add(simulator);
  const [scope] = simulator.world.scopes('main');
  const list = (status: string, sort = 'ASC') =>
    walk(simulator, 'worker/query', {
      algo: scope!.algo,
      puid: scope!.puid,
      sortField: 'WORKER',
      sort,
      status,
    });
  const all = (await Promise.all(['ACTIVE', 'INACTIVE', 'INVALID'].map((status) => list(status)))).flat();
  const ids = all.map((item) => BigInt(item['workerId'] as string));
  expect(ids.sort()).toEqual(
    simulator.world
      .workers(scope!)
      .map((worker) => worker.workerId)
      .sort(),
  );
  const total = (await list('TOTAL', 'DESC')).map((item) => item['workerName'] as string);
  expect(total).toEqual([...total].sort().reverse());
});

test('changes by a test stay while the clock runs', async () => {
  const simulator = await start();
  const { world, clock } = simulator;
  const [scope] = world.scopes('main');
  const [gone, moved] = world.workers(scope!);
  world.removeWorker(gone!);
  world.changeWorker(moved!, { status: 'SLEEPING', workerName: 'renamed' });
  const added = world.addWorker(scope!, { workerId: 9_007_199_254_740_993n, workerName: 'big' });
  world.removeSubAccount('main', world.subAccounts('main')[1]!.puid);
  world.changeSubAccount('main', scope!.puid, { pname: 'other' });
  clock.advance(3 * DAY_MS);
  const get = async (workerId: bigint) =>
    (
      await call(simulator, 'worker/get', {
        algo: scope!.algo,
        puid: scope!.puid,
        workerId,
        currentPage: 1,
        pageSize: 10,
      })
    ).data;
  expect(await get(gone!.workerId)).toBeNull();
  expect(await get(moved!.workerId)).toMatchObject({ status: 'SLEEPING', workerName: 'renamed' });
  expect(await get(added.workerId)).toMatchObject({ workerId: '9007199254740993', status: 'ACTIVE' });
  const { data } = await call(simulator, 'user/query');
  expect((data as { pname: string }[]).map(({ pname }) => pname)).toEqual(['other', 'main-hall-b']);
});

test('the hashrate of a sub-account is the sum over its machines', async () => {
  const simulator = await start();
  const [scope] = simulator.world.scopes('main');
  const { data } = await call(simulator, 'user/query');
  const sum = simulator.world
    .workers(scope!)
    .reduce((total, worker) => total + BigInt(worker.realHashRate), 0n);
  expect((data as { realHashRate: string }[])[0]!.realHashRate).toBe(sum.toString());
});

test('a query for an unknown scope does not create it', async () => {
  const simulator = await start();
  const scopes = simulator.world.scopes().length;
  const { puid } = simulator.world.subAccounts('main')[1]!;
  expect(await walk(simulator, 'earn/query', { algo: 'KHeavyHash', puid })).toEqual([]);
  expect(simulator.world.scopes()).toHaveLength(scopes);
});
