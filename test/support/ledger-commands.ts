import fc from 'fast-check';
import { WHAT_IS_DUE, type LedgerRequest } from '../../src/sync/ledger/sync-ledger-scope';
import type { LedgerStore } from '../../src/sync/ports/ledger-ports';
import { VERIFY } from './ledger-lab';
import type { Beginning, PoolAndLedger } from './pool-and-ledger';

/** What the model knows about the pool: which commands make sense, and how a run has to end. */
export interface PoolModel {
  rows: number;
  withdrawn: number;
  broken: number;
  isEmptied: boolean;
}

export const EMPTY_POOL: Readonly<PoolModel> = { rows: 0, withdrawn: 0, broken: 0, isEmptied: false };

export const beginnings: fc.Arbitrary<Beginning> = fc.record({
  stream: fc.constantFrom('earnings', 'rewards'),
  rows: fc.constantFrom(0, 1, 5, 12, 40, 99, 100, 130),
  perDay: fc.constantFrom(1, 1, 3),
  order: fc.constantFrom('desc', 'asc', 'unstable-ties', 'unstable'),
  pageSizeCap: fc.constantFrom(null, null, 25),
  clippedDays: fc.constantFrom(null, null, null, 30, 7),
});

type Command = fc.AsyncCommand<PoolModel, PoolAndLedger>;

/** A change of the pool: when it makes sense, and what it does to the model and to the pool. */
function change(
  name: string,
  isPossible: (model: PoolModel) => boolean,
  step: (model: PoolModel) => void,
  act: (real: PoolAndLedger) => void | Promise<void>,
): Command {
  return {
    check: (model) => isPossible(model),
    run: async (model, real) => {
      step(model);
      await act(real);
    },
    toString: () => name,
  };
}

const always = (): boolean => true;
const nothing = (): void => undefined;
const someRows = ({ rows }: PoolModel): boolean => rows > 0;

const picks = fc.nat({ max: 1_000 });
const days = fc.array(fc.integer({ min: -45, max: 1 }), { minLength: 1, maxLength: 4 });

const changes: readonly fc.Arbitrary<Command>[] = [
  days.map((of) =>
    change(
      `insert on days ${of.join(' ')}`,
      always,
      (m) => void (m.rows += of.length),
      (real) => real.insert(of),
    ),
  ),
  picks.map((n) => change(`settle ${n}`, someRows, nothing, (real) => real.settle(n))),
  picks.map((n) => change(`amend ${n}`, someRows, nothing, (real) => real.amend(n))),
  picks.map((n) =>
    change(
      `withdraw ${n}`,
      someRows,
      (m) => {
        m.rows -= 1;
        m.withdrawn += 1;
      },
      (real) => real.withdraw(n),
    ),
  ),
  fc.constant(
    change(
      'restore',
      ({ withdrawn }) => withdrawn > 0,
      (m) => {
        m.rows += 1;
        m.withdrawn -= 1;
      },
      (real) => real.restore(),
    ),
  ),
  picks.map((n) =>
    change(
      `break ${n}`,
      ({ broken }) => broken < 3,
      (m) => void (m.broken += 1),
      (real) => real.breakOne(n),
    ),
  ),
  fc.constant(
    change(
      'fix',
      ({ broken }) => broken > 0,
      (m) => void (m.broken -= 1),
      (real) => real.mendOne(),
    ),
  ),
  picks.map((n) => change(`forget ${n}`, someRows, nothing, (real) => real.forget(n))),
  fc.constant(change('remember', always, nothing, (real) => real.remember())),
  fc.constant(
    change(
      'empty',
      ({ isEmptied }) => !isEmptied,
      (m) => void (m.isEmptied = true),
      (real) => real.empty(true),
    ),
  ),
  fc.constant(
    change(
      'fill',
      ({ isEmptied }) => isEmptied,
      (m) => void (m.isEmptied = false),
      (real) => real.empty(false),
    ),
  ),
  fc
    .constantFrom(1, 24, 30 * 24)
    .map((hours) => change(`wait ${hours} h`, always, nothing, (real) => real.wait(hours))),
];

const requests = fc.constantFrom<LedgerRequest>(WHAT_IS_DUE, VERIFY);
const nameOf = (request: LedgerRequest): string => (request === VERIFY ? 'verify' : 'sync');

/** Writers that are interrupted between their read and their commit, or die there. */
const interrupted = (nth: number, act: () => Promise<void>) => {
  let commits = 0;
  return (store: LedgerStore): LedgerStore => ({
    load: (scope) => store.load(scope),
    update: (...change) => store.update(...change),
    commitWindow: async (commit) => {
      commits += 1;
      if (commits === nth) await act();
      return store.commitWindow(commit);
    },
  });
};

const runs: readonly fc.Arbitrary<Command>[] = [
  requests.map((request) =>
    change(nameOf(request), always, nothing, async (real) => {
      await real.sync(request);
    }),
  ),
  fc.constant(
    change('verify', always, nothing, async (real) => {
      await real.sync(VERIFY);
    }),
  ),
  fc
    .record({ first: requests, second: requests, nth: fc.integer({ min: 1, max: 3 }), pick: picks })
    .map(({ first, second, nth, pick }): Command =>
      change(
        `${nameOf(first)}; before its commit ${nth}: amend ${pick}, ${nameOf(second)} by another`,
        always,
        nothing,
        async (real) => {
          const between = async (): Promise<void> => {
            real.amend(pick);
            await real.run(second);
          };
          const { outcome } = await real.run(first, { store: interrupted(nth, between) });
          expect(outcome).toMatch(/succeeded|partial/);
          await real.sync(VERIFY);
        },
      ),
    ),
  fc.record({ request: requests, nth: fc.integer({ min: 1, max: 3 }) }).map(({ request, nth }) =>
    change(`${nameOf(request)}, dead before commit ${nth}`, always, nothing, async (real) => {
      const before = await real.readLedger();
      const die = (): Promise<void> => Promise.reject(new Error('killed'));
      await real.run(request, { store: interrupted(nth, die) });
      await real.expectKept(before);
    }),
  ),
];

/** Histories of a pool and of the runs over it, with as many runs as changes. */
export function histories(maxCommands: number, replayPath?: string) {
  return fc.commands([...changes, ...runs, ...runs, ...runs], {
    maxCommands,
    size: 'max',
    ...(replayPath === undefined ? {} : { replayPath }),
  });
}
