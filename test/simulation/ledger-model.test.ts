import fc from 'fast-check';
import { beginnings, EMPTY_POOL, histories } from '../support/ledger-commands';
import { useLedgerLab, VERIFY } from '../support/ledger-lab';
import { PoolAndLedger } from '../support/pool-and-ledger';

/** A failure names its seed, its path and its replayPath: KPOOL_TEST_SEED, _PATH and _REPLAY replay it. */
const { KPOOL_TEST_SEED, KPOOL_TEST_PATH, KPOOL_TEST_REPLAY, KPOOL_TEST_SECONDS } = process.env;
const SECONDS = Number(KPOOL_TEST_SECONDS ?? 10);
/** The number of histories that the time allows, but at least this many on a slow machine. */
const LEAST_HISTORIES = 4;
const MOST_HISTORIES = 20 * SECONDS;

const lab = useLedgerLab();

/** Shorter than usual: a history in spans of a few days takes many requests. */
const HISTORY_START = Date.UTC(2026, 5, 1);

test(
  'P2 P4 P11 the ledger follows whatever the pool does',
  async () => {
    const untilMs = performance.now() + SECONDS * 1_000;
    let played = 0;
    await fc.assert(
      fc.asyncProperty(beginnings, histories(14, KPOOL_TEST_REPLAY), async (beginning, commands) => {
        if (played >= LEAST_HISTORIES && performance.now() > untilMs) return;
        const real = await PoolAndLedger.begin(lab, beginning, { historyStartMs: HISTORY_START });
        await fc.asyncModelRun(() => ({ model: { ...EMPTY_POOL, rows: beginning.rows }, real }), commands);
        // Once the pool stands still, the ledger has to be complete and true.
        real.empty(false);
        await real.sync(VERIFY);
        await real.sync({ ...VERIFY, acceptEmpty: true });
        played += 1;
      }),
      {
        seed: Number(KPOOL_TEST_SEED ?? 20_261_127),
        ...(KPOOL_TEST_PATH === undefined ? {} : { path: KPOOL_TEST_PATH }),
        numRuns: MOST_HISTORIES,
      },
    );
    if (KPOOL_TEST_SECONDS !== undefined) process.stderr.write(`${played} histories\n`);
  },
  SECONDS * 1_000 + 120_000,
);
