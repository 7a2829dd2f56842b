import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import type { JobContext, NewJob } from '../../../jobs/job-context';
import type { ActiveJob } from '../../../jobs/orphan-watch';
import { PlanLoop } from '../../../jobs/plan-loop';
import { StreamHolds } from '../../../jobs/stream-holds';
import type { NamedAccount } from '../../../src/domain/account';
import type { ScopePlan } from '../../../src/domain/planning/due-scopes';
import type { AccountId } from '../../../src/domain/ids';
import { STREAMS } from '../../../src/sync/registry';
import { VirtualClock } from '../../support/jobs/virtual-clock';
import { keepDays } from '../../support/keep-days';

const YEAR_MS = 8_766 * HOUR_MS;
const account = { accountId: 1 as AccountId, name: 'main' } as NamedAccount;
const orphan = {
  id: '7',
  name: 'earnings.sync',
  data: { account: 'main', stream: 'earnings', puid: '5', algo: 'SHA256d' },
};

/** A plan loop over one account. The test decides when its earnings are due. */
function world() {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  const asked: { readonly name: string; readonly atMs: number }[] = [];
  const state = {
    dueInMs: Infinity,
    failing: false,
    active: [] as readonly ActiveJob[],
    inFlight: [] as readonly object[],
  };
  const plan = (_: unknown, stream: string): Promise<ScopePlan> => {
    if (state.failing) return Promise.reject(new Error('The database is away.'));
    const scope = { stream, accountId: account.accountId, puid: null, algo: null };
    const nextVisitMs = stream === 'earnings' ? state.dueInMs : Infinity;
    return Promise.resolve({ scopes: [{ scope, pace: 'live', nextVisitMs }], nowMs: 0 });
  };
  const warnings: string[] = [];
  const silent = (): void => undefined;
  const context = {
    service: {
      accounts: [account],
      streams: STREAMS,
      plan,
      mayRun: () => Promise.resolve(true),
      findScopesInFlight: () => Promise.resolve(state.inFlight),
    } as unknown as JobContext['service'],
    queue: {
      addBulk: (jobs: NewJob[]) => {
        asked.push(...jobs.map(({ name }) => ({ name, atMs: clock.monotonicMs() })));
        return Promise.resolve();
      },
      getJobs: () => Promise.resolve(state.active),
    },
    everyMs: Object.fromEntries(STREAMS.names.map((name) => [name, HOUR_MS])),
    keepDays: keepDays(),
    clock,
    log: {
      debug: silent,
      info: silent,
      warn: (message: string) => void warnings.push(message),
      error: silent,
    },
    signal: stopping.signal,
    holds: new StreamHolds(clock),
    inFlight: new Set<string>(),
  };
  const loop = new PlanLoop(context);
  const timesOf = (name: string): number[] =>
    asked.filter((job) => job.name === name).map(({ atMs }) => atMs);
  return { clock, loop, state, asked, timesOf, warnings, stop: () => stopping.abort() };
}

describe('the plan loop', () => {
  test('P12 looks every 20 s, wherever the wall clock is set', async () => {
    const { clock, loop, state, timesOf, stop } = world();
    await loop.round();
    const running = loop.run();
    for (const stepMs of [0, -2 * HOUR_MS, YEAR_MS, -3 * YEAR_MS]) {
      clock.wallMs += stepMs;
      state.dueInMs = -1;
      const before = timesOf('earnings.sync').length;
      await clock.pass(20_000);
      expect(timesOf('earnings.sync').length).toBe(before + 1);
    }
    stop();
    await running;
  });

  test('wakes when the next scope comes due', async () => {
    const { clock, loop, state, timesOf, stop } = world();
    state.dueInMs = 7_000;
    await loop.round();
    const running = loop.run();
    await clock.pass(6_999);
    state.dueInMs = 0;
    await clock.pass(1);
    expect(timesOf('earnings.sync')).toEqual([7_000]);
    stop();
    await running;
  });

  test('wakes when a job asks for it, after two seconds', async () => {
    const { clock, loop, state, timesOf, stop } = world();
    await loop.round();
    const running = loop.run();
    await clock.pass(1_000);
    state.dueInMs = -1;
    loop.wakeIn(0);
    await clock.pass(1_999);
    expect(timesOf('earnings.sync')).toEqual([]);
    await clock.pass(1);
    expect(timesOf('earnings.sync')).toEqual([3_000]);
    stop();
    await running;
  });

  test('goes on without the database, and warns once a minute', async () => {
    const { clock, loop, state, timesOf, warnings, stop } = world();
    await loop.round();
    const running = loop.run();
    state.failing = true;
    await clock.pass(20_000 + 3 * 60_000);
    expect(warnings).toHaveLength(4);
    state.failing = false;
    state.dueInMs = -1;
    await clock.pass(5_000);
    expect(timesOf('earnings.sync')).toHaveLength(1);
    stop();
    await running;
  });

  test('asks for maintenance at the start and at its interval', async () => {
    const { clock, loop, timesOf, stop } = world();
    const running = loop.round().then(() => loop.run());
    await clock.pass(25 * HOUR_MS);
    expect(timesOf('maintenance.retention')).toHaveLength(2);
    expect(timesOf('maintenance.abandoned-runs').length).toBeGreaterThanOrEqual(25);
    stop();
    await running;
  });

  test('P12 a job without a worker frees its scope within 40 s', async () => {
    const { clock, loop, state, warnings, stop } = world();
    const released: number[] = [];
    const removeDeduplicationKey = (): Promise<boolean> =>
      Promise.resolve(released.push(clock.monotonicMs()) > 0);
    const running = loop.round().then(() => loop.run());
    await clock.pass(1_000);
    state.active = [{ ...orphan, removeDeduplicationKey }];
    await clock.pass(40_000);
    expect(released).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    // It is released only once, however long the queue still lists the job.
    await clock.pass(HOUR_MS);
    expect(released).toHaveLength(1);
    stop();
    await running;
  });

  test('leaves a job alone while its scope is in flight', async () => {
    const { clock, loop, state, stop } = world();
    const removeDeduplicationKey = (): never => {
      throw new Error('It is in hand.');
    };
    state.active = [{ ...orphan, removeDeduplicationKey }];
    state.inFlight = [{ accountId: account.accountId, stream: 'earnings', puid: 5n, algo: 'SHA256d' }];
    const running = loop.round().then(() => loop.run());
    await clock.pass(HOUR_MS);
    stop();
    await running;
  });
});
