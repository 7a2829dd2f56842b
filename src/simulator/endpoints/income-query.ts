import { Refusal, SYSTEM_CODES } from '../http/envelope';
import { shuffled, type Random } from '../random';
import type { Quirks } from '../quirks';
import { rangeOf } from '../world/ledger';
import type { SimIncome, SimLedgerStream } from '../world/sim-income';
import type { Answer } from './endpoint';
import { boundsOf, type Bounds } from './income-bounds';
import { incomeItemText } from './income-item';
import { backwards, forwards, formatPage, readPageRequest, type Sequence } from './page';
import { readScope } from './scope-parameters';
import { shuffleTies } from './tie-order';

function inOrder(
  view: readonly SimIncome[],
  range: { from: number; to: number },
  order: Quirks['order'],
  random: Random,
): Sequence<SimIncome> {
  switch (order) {
    case 'desc':
      return backwards(view, range.from, range.to);
    case 'asc':
      return forwards(view, range.from, range.to);
    case 'inserted-desc':
      return forwards(view.slice(range.from, range.to).sort((a, b) => b.serial - a.serial));
    case 'inserted-asc':
      return forwards(view.slice(range.from, range.to).sort((a, b) => a.serial - b.serial));
    case 'unstable-ties': {
      const newestFirst = view.slice(range.from, range.to).reverse();
      return forwards(shuffleTies(newestFirst, (a, b) => a.minedAtMs === b.minedAtMs, random));
    }
    case 'unstable':
      return forwards(shuffled(view.slice(range.from, range.to), random));
  }
}

/** Rows by when they were settled; those that were not, by when they were mined. */
function ofSettled(
  view: readonly SimIncome[],
  { fromMs, toMs }: Bounds,
  { world, quirks: { order, forgottenBeforeMs }, random }: Parameters<Answer>[0],
): Sequence<SimIncome> {
  const rows = view.filter(({ minedAtMs, settledAtMs }) => {
    const atMs = settledAtMs !== null && settledAtMs <= world.nowMs ? settledAtMs : minedAtMs;
    return atMs >= fromMs && atMs < toMs && minedAtMs >= (forgottenBeforeMs ?? -Infinity);
  });
  return inOrder(rows, { from: 0, to: rows.length }, order, random);
}

function atMost(sequence: Sequence<SimIncome>, most: number | null): Sequence<SimIncome> {
  return most === null || sequence.length <= most ? sequence : forwards(sequence.slice(0, most));
}

function queryIncome(stream: SimLedgerStream): Answer {
  return (call) => {
    const { world, parameters, quirks, random } = call;
    const page = readPageRequest(parameters);
    const scope = readScope(call);
    const startMs = parameters.findInteger('startTime');
    const endMs = parameters.findInteger('endTime');
    const coinName = parameters.findCoin();
    parameters.finish();
    if (coinName !== null && quirks.refusedCoins.includes(coinName))
      throw new Refusal(SYSTEM_CODES.parameter, `the pool mines no ${coinName}`);
    const { fromMs, toMs } = boundsOf(startMs, endMs, quirks, world.nowMs);
    const view = world.findScope(scope)?.ledgers[stream].view(coinName, quirks.hiddenUnlessAsked) ?? [];
    const sequence =
      quirks.boundsOn === 'mined'
        ? inOrder(view, rangeOf(view, fromMs, toMs), quirks.order, random)
        : ofSettled(view, { fromMs, toMs }, call);
    return formatPage(atMost(sequence, quirks.maxRows), page, quirks, (row) => incomeItemText(row, quirks));
  };
}

/** GET /v1/external/earn/query */
export const queryEarnings = queryIncome('earnings');

/** GET /v1/external/reward/query */
export const queryRewards = queryIncome('rewards');
