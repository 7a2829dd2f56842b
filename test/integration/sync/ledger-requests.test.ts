/** How many requests does a first sync take? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS, startOfUtcDay } from '../../../src/core/day';
import type { Quirks } from '../../../src/simulator';
import { LAB_START, type LabScope, useLedgerLab } from '../../support/ledger-lab';

const TODAY = startOfUtcDay(LAB_START);

const lab = useLedgerLab();

type Shape = (i: number) => number;

const SHAPES: Readonly<Record<string, Shape>> = {
  'one a day': (i) => TODAY - (i + 1) * DAY_MS,
  'four a day': (i) => TODAY - (Math.floor(i / 4) + 1) * DAY_MS + (i % 4) * HOUR_MS,
  'half a year without income after every 60': (i) => TODAY - (i + 1 + Math.floor(i / 60) * 182) * DAY_MS,
  'ended two years ago': (i) => TODAY - (i + 731) * DAY_MS,
  'two a week': (i) => TODAY - Math.floor(i * 2.8 + 1) * DAY_MS,
  'sixty a day': (i) => TODAY - (Math.floor(i / 60) + 1) * DAY_MS + (i % 60) * 1_200_000,
  'one a day, then ten': (i) => TODAY - (i < 90 ? i + 1 : 91 + Math.floor((i - 90) / 10)) * DAY_MS,
};
const SIZES = [0, 1, 10, 99, 100, 101, 150, 194, 200, 300, 500];
/** The order matters only for lists of more than one page. */
const SIZES_IN_OTHER_ORDERS = [99, 101, 200, 300];

function insert(labScope: LabScope, count: number, shape: Shape): void {
  lab.simulator.world.insertMany(
    labScope.scope.stream,
    labScope.key,
    Array.from({ length: count }, (_, i) => ({
      currency: 'BTC',
      minedAtMs: shape(i),
      amount: `0.${i + 1}1`,
    })),
  );
}

async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  const before = lab.simulator.requests.count();
  await work();
  return lab.simulator.requests.count() - before;
}

async function firstSync(count: number, shape: Shape, quirks: Partial<Quirks>): Promise<number> {
  const labScope = await lab.newScope('earnings');
  insert(labScope, count, shape);
  Object.assign(lab.simulator.quirks, { order: 'desc', ...quirks });
  const requests = await requestsOf(async () => {
    const result = await lab.sync(labScope);
    expect([result.outcome, result.reason]).toEqual(['succeeded', null]);
  });
  await lab.expectTruth(labScope);
  return requests;
}

const budgetOf = (rows: number): number => 1.3 * Math.ceil(rows / 100) + 2;

test.each(Object.keys(SHAPES))('a first sync of income %s needs few requests', async (name) => {
  const over: string[] = [];
  for (const order of ['desc', 'asc', 'unstable-ties'] as const) {
    const sizes = order === 'desc' ? SIZES : SIZES_IN_OTHER_ORDERS;
    for (const size of name === 'one a day' ? [...sizes, 270, 360, 1_095] : sizes) {
      const requests = await firstSync(size, SHAPES[name]!, { order });
      if (requests > budgetOf(size)) over.push(`${order}, ${size} rows: ${requests} of ${budgetOf(size)}`);
    }
  }
  expect(over).toEqual([]);
});

test('a first sync of a long history needs few requests', async () => {
  expect(await firstSync(5_000, (i) => TODAY - (Math.floor(i / 3) + 1) * DAY_MS, {})).toBeLessThanOrEqual(
    budgetOf(5_000),
  );
});

test('days with more rows than a page need few requests', async () => {
  const shape: Shape = (i) => TODAY - (Math.floor(i / 240) + 1) * DAY_MS + (i % 240) * 300_000;
  for (const order of ['desc', 'asc'] as const) {
    expect(await firstSync(2_400, shape, { order })).toBeLessThanOrEqual(budgetOf(2_400));
  }
});

test('rows in no order cost two requests a page at most', async () => {
  for (const size of [150, 500, 1_000, 1_095, 3_000, 5_000]) {
    const shape = size > 3_000 ? 'four a day' : 'one a day';
    const requests = await firstSync(size, SHAPES[shape]!, { order: 'unstable' });
    expect(requests).toBeLessThanOrEqual(2 * Math.ceil(size / 100) + 4);
  }
});
