import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { listCandidates } from '../../../src/alerts/alert-rounds';
import type { AccountId } from '../../../src/domain/ids';
import type {
  FreshnessFacts,
  RunFacts,
  TotalsFacts,
  WellnessFacts,
} from '../../../src/report/wellness/facts';
import { isReady, isWell, judge } from '../../../src/report/wellness/judge';
import { judgeTotals } from '../../../src/report/wellness/totals';
import type { ReconciliationRow } from '../../../src/report/reconciliation/reconciliation';

const account = 'main';
const earnings: FreshnessFacts = {
  account,
  stream: 'earnings',
  everyMs: HOUR_MS,
  lastSuccessAt: new Date(Date.UTC(2026, 10, 22, 8)),
  isLate: false,
  stuckScopes: 0,
};
const run: RunFacts = {
  account,
  stream: 'earnings',
  scopes: 2,
  failed: 0,
  partial: 0,
  unfinished: 0,
  reason: null,
};
const totals: TotalsFacts = {
  account,
  currency: 'BTC',
  matching: 1,
  differing: 0,
  notComparable: 0,
  worst: null,
  reason: null,
};
const well: WellnessFacts = {
  database: 'ok',
  queue: 'ok',
  accounts: [{ account, status: 'ok', reason: null }],
  freshness: [earnings],
  runs: [run],
  histories: [{ account, lists: 2, complete: 2 }],
  quarantine: [],
  totals: [totals],
};
const stopped = [{ account, status: 'auth_failed', reason: 'The pool refused the key.' }];

/** `alerted`: the problems that are alerted about, at once or once they last. */
function verdictOn(patch: Partial<WellnessFacts>) {
  const wellness = judge({ ...well, ...patch });
  const { candidates } = listCandidates(wellness, new Map([[account, 1 as AccountId]]));
  return {
    kinds: wellness.problems.map(({ kind }) => kind),
    isWell: isWell(wellness),
    isReady: isReady(wellness),
    alerted: candidates.map(({ kind }) => kind),
  };
}

type Situation = readonly [
  name: string,
  facts: Partial<WellnessFacts>,
  kinds: readonly string[],
  ready: 'ready' | 'not ready',
  alerted: readonly string[],
];

const SITUATIONS: readonly Situation[] = [
  ['all is well', {}, [], 'ready', []],
  ['no database', { database: 'unreachable' }, ['database-unreachable'], 'not ready', []],
  ['no queue', { queue: 'unreachable' }, ['queue-unreachable'], 'not ready', []],
  ['a process without jobs', { queue: 'none here' }, [], 'ready', []],
  ['a stopped account', { accounts: stopped }, ['account-stopped'], 'not ready', ['account-stopped']],
  [
    'a stopped account whose streams are late',
    { accounts: stopped, freshness: [{ ...earnings, isLate: true }] },
    ['account-stopped'],
    'not ready',
    ['account-stopped'],
  ],
  [
    'a late stream, in which scopes fail',
    { freshness: [{ ...earnings, isLate: true }], runs: [{ ...run, failed: 1 }] },
    ['stream-late'],
    'not ready',
    ['stream-late'],
  ],
  ['a scope that failed once', { runs: [{ ...run, failed: 1 }] }, ['stream-failing'], 'ready', []],
  [
    'a scope that fails again and again',
    { runs: [{ ...run, failed: 1 }], freshness: [{ ...earnings, stuckScopes: 1 }] },
    ['stream-failing'],
    'ready',
    ['stream-failing'],
  ],
  ['a partial run', { runs: [{ ...run, partial: 1 }] }, ['stream-partial'], 'ready', []],
  ['a run that came to no end', { runs: [{ ...run, unfinished: 1 }] }, ['stream-unfinished'], 'ready', []],
  [
    'rows in quarantine, and the partial run for that',
    { quarantine: [{ account, stream: 'earnings', open: 27 }], runs: [{ ...run, partial: 1 }] },
    ['rows-quarantined'],
    'ready',
    ['rows-quarantined'],
  ],
  [
    'a list that no longer shows a row, and the partial run for that',
    {
      emptied: [
        { account, stream: 'earnings', lists: 1, rows: 88, since: new Date(0), name: 'farm (SHA256d)' },
      ],
      runs: [{ ...run, partial: 1 }],
    },
    ['list-emptied'],
    'ready',
    ['list-emptied'],
  ],
  [
    'a list that no longer shows a row, and another partial run',
    {
      emptied: [
        { account, stream: 'earnings', lists: 1, rows: 88, since: new Date(0), name: 'farm (SHA256d)' },
      ],
      runs: [{ ...run, partial: 2 }],
    },
    ['stream-partial', 'list-emptied'],
    'ready',
    ['list-emptied'],
  ],
  [
    'rows in doubt of two lists of one stream',
    {
      doubts: ['a', 'b'].map((subAccount) => ({
        account,
        stream: 'earnings',
        subAccount,
        algo: 'SHA256d',
        rows: 1,
        days: 'on 2026-10-03',
      })),
    },
    ['days-in-doubt'],
    'ready',
    ['days-in-doubt'],
  ],
  [
    'a first sync',
    { histories: [{ account, lists: 22, complete: 10 }] },
    ['history-incomplete'],
    'ready',
    [],
  ],
  ['no account', { accounts: [], freshness: [], runs: [], histories: [] }, ['nothing-synced'], 'ready', []],
  ['an account that is missing', { expected: [account, 'second'] }, ['nothing-synced'], 'ready', []],
  [
    'an account of which nothing was synced yet',
    { freshness: [{ ...earnings, lastSuccessAt: null }], histories: [], runs: [] },
    ['nothing-synced'],
    'ready',
    [],
  ],
  [
    'a total that differs',
    { totals: [{ ...totals, differing: 1, worst: { name: 'miner1', difference: '0.000000000000000001' } }] },
    ['income-differs'],
    'ready',
    ['income-differs'],
  ],
  [
    'no total that can be compared',
    { totals: [{ ...totals, matching: 0, notComparable: 1 }] },
    ['income-unproven'],
    'ready',
    [],
  ],
  [
    'a check that failed',
    { failedChecks: [{ name: 'clock', text: 'wrong', hint: null }] },
    ['check-failed'],
    'ready',
    [],
  ],
];

describe('P11 one verdict', () => {
  test.each(SITUATIONS)('on %s', (_name, facts, kinds, ready, alerted) => {
    expect(verdictOn(facts)).toEqual({
      kinds,
      isWell: kinds.length === 0,
      isReady: ready === 'ready',
      alerted,
    });
  });

  test('does not mention facts that were not read', () => expect(judge({}).problems).toEqual([]));

  test('names the problem, the reason and the command that helps', () => {
    const [problem] = judge({ ...well, accounts: [{ ...stopped[0]!, account: "Ann's farm" }] }).problems;
    expect(problem).toMatchObject({
      what: "The account Ann's farm is stopped (auth_failed).",
      cause: expect.stringContaining('The pool refused the key.') as string,
      fix: "kpool sync --account 'Ann'\\''s farm'",
    });
  });

  test('lists the gravest problem first', () => {
    const { kinds } = verdictOn({
      histories: [{ account, lists: 2, complete: 1 }],
      quarantine: [{ account, stream: 'rewards', open: 1 }],
      accounts: stopped,
    });
    expect(kinds).toEqual(['account-stopped', 'rows-quarantined', 'history-incomplete']);
  });

  test('leaves the alerts of unjudged subjects alone', () => {
    const unjudgedOf = (facts: Partial<WellnessFacts>) =>
      [...listCandidates(judge({ ...well, ...facts }), new Map()).unjudged].sort();
    expect(unjudgedOf({ accounts: stopped })).toEqual(['stream/main/earnings']);
    expect(unjudgedOf({ runs: [{ ...run, failed: 1 }] })).toEqual(['stream/main/earnings']);
    expect(unjudgedOf({ totals: [totals, { ...totals, currency: 'LTC', notComparable: 1 }] })).toEqual([
      'income-differs/main/LTC',
    ]);
  });
});

describe('the totals of a reconciliation', () => {
  const row = (patch: Partial<ReconciliationRow>): ReconciliationRow => ({
    account,
    subAccount: 'miner1',
    puid: '1',
    currency: 'BTC',
    observedAt: new Date(0),
    poolTotal: '2',
    ledgerSettled: '1',
    ledgerPending: '0',
    difference: '1',
    verdict: 'differs',
    definition: null,
    reason: null,
    alsoFits: null,
    provenOn: null,
    uncertified: null,
    ...patch,
  });

  test('P1 names the sub-account that differs most, digit for digit', () => {
    const [facts] = judgeTotals([
      row({ subAccount: null, difference: '9' }),
      row({ difference: '0.100000000000000002' }),
      row({ subAccount: 'miner2', difference: '-0.100000000000000003' }),
    ]);
    expect(facts).toMatchObject({
      differing: 3,
      worst: { name: 'miner2', difference: '-0.100000000000000003' },
    });
  });

  test('find nothing wrong if the pool gave no total', () => {
    expect(judgeTotals([row({ verdict: 'not comparable', poolTotal: null })])).toMatchObject([
      { matching: 0, differing: 0, notComparable: 0 },
    ]);
  });
});
