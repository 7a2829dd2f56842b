import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS, startOfUtcDay } from '../../src/core/day';
import type { SimIncome, Quirks } from '../../src/simulator';
import type { Random } from '../../src/simulator/random';
import { LAB_START, type LabScope, type LedgerLab } from './ledger-lab';

const SIZES = [0, 1, 3, 9, 10, 11, 30, 50, 89, 90, 97, 98, 99, 100, 101, 120, 150, 199, 200, 201, 260, 330];
const CURRENCIES = ['BTC', 'LTC', 'DOGE'];
const TYPES = [
  'MINING_EARN',
  'UNITE_COIN_EARN',
  'REWARD_EARN',
  'HASH_RATE_EARN',
  'FEE_RATE_EARN',
  'NEW_EARN',
];
const STATUSES = ['SETTLED', 'SETTLED', 'WAIT_SETTLE', 'WAIT_SETTLE', 'FROZEN'];
const EXTRAS = [null, null, null, '{"fee": 0.10}', '{"id": 9007199254740993, "fee": 0.1}'];
/** Few values, so that rows become equal or are paired by amount. */
const AMOUNTS = [
  '0.00012',
  '0.00012',
  '0.5',
  '1',
  '0',
  '-0.25',
  '0.123456789012345678',
  '99999999999999999999.999999999999999999',
  '0.000000000000000001',
];

/** The distributions from which a history draws. */
class Dice {
  constructor(private readonly random: Random) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** How the rows of a history are spread over time. */
const SHAPES = {
  daily: (dice: Dice, n: number, i: number) => startOfDay(-i - 1) + (dice.chance(0.02) ? 8 * HOUR_MS : 0),
  'several a day': (dice: Dice, n: number, i: number) =>
    startOfDay(-Math.floor(i / 5) - 1) + dice.below(DAY_MS),
  'half a year between': (dice: Dice, n: number, i: number) =>
    startOfDay(-i - 1 - Math.floor(i / 40) * 180) + dice.pick([0, 1, DAY_MS - 1]),
  'one instant': () => startOfDay(-9) + 1,
  'one day': (dice: Dice) => startOfDay(-3) + dice.below(DAY_MS),
  'one day on the hour': (dice: Dice) => startOfDay(-3) + dice.below(24) * HOUR_MS,
  'long ago': (dice: Dice, n: number, i: number) => Date.UTC(2019, 3, 1) + Math.floor(i / 2) * DAY_MS,
  anywhere: (dice: Dice) => Date.UTC(2018, 0, 1) + dice.below(LAB_START - Date.UTC(2018, 0, 1)),
  'to come': (dice: Dice, n: number, i: number) => startOfDay(1 - i) + dice.below(12) * HOUR_MS,
} as const satisfies Record<string, (dice: Dice, n: number, i: number) => number>;

function startOfDay(daysFromStart: number): number {
  return startOfUtcDay(LAB_START) + daysFromStart * DAY_MS;
}

/** Readings of the specification under which the pool answers correctly. */
const HONEST_QUIRKS: readonly ((dice: Dice) => Partial<Quirks>)[] = [
  (dice) => ({
    order: dice.pick(['asc', 'desc', 'inserted-asc', 'inserted-desc', 'unstable', 'unstable-ties']),
  }),
  (dice) => ({ pageSizeCap: dice.pick([10, 25, 50, 60, 99]), pageSizeAdmitted: dice.chance(0.5) }),
  (dice) => ({
    bounds: dice.pick(['exclusive', 'start-inclusive', 'end-inclusive', 'utc-days', 'utc8-days']),
  }),
  () => ({ boundsOn: 'settled' }),
  (dice) => ({ boundsShiftMs: dice.pick([8, -8]) * HOUR_MS }),
  () => ({ bounds: 'ignored' }),
  (dice) => ({ amounts: dice.pick(['string', 'mixed']), amountDigits: dice.pick(['exponent', 'padded']) }),
  (dice) => ({ pendingSettleTime: dice.pick(['absent', 'zero', 'null']) }),
  (dice) => ({ times: dice.pick(['string', 'mixed']), pageFields: 'mixed', emptyFields: 'null' }),
  (dice) => ({ unboundedDays: dice.pick([7, 30]) }),
  (dice) => ({ maxSpanDays: dice.pick([200, 366, 1_000]) }),
  (dice) => ({ beyondEnd: dice.pick(['last', 'first', 'last-in-disguise', 'refused']) }),
  (dice) => ({ noRows: dice.pick(['null', 'object', 'list', 'absent']) }),
  (dice) => ({ totalNum: dice.pick(['null', 'absent']) }),
  (dice) => ({ pageSizeSays: dice.pick(['ten', 'rows']) }),
];
/** Readings under which the pool contradicts itself. */
const LYING_QUIRKS: readonly ((dice: Dice) => Partial<Quirks>)[] = [
  (dice) => ({ totalNum: dice.pick([-1, 1, -7, 40, 1_000]) }),
  // They need a count: without one, an empty answer looks like a scope without rows.
  (dice) => ({ emptyPage: dice.pick([1, 2]), noRows: 'page', totalNum: 'true' }),
  () => ({ repeatedPage: 2 }),
];

/** The pool's side of one history: draws what happens to a scope, and remembers which rows it changed. */
export class LedgerHistory {
  readonly log: string[] = [];
  private readonly dice: Dice;
  private readonly withdrawn: SimIncome[] = [];
  private hasRefusedSpans = false;
  /** Whether bounds have, or had under earlier quirks, another meaning than mining time. */
  private hadOtherBounds = false;
  /** The pool no longer serves rows mined before this instant, ms. */
  forgottenBeforeMs = -Infinity;
  /** Rows that were changed since the last `watch`. */
  private touched = new Set<SimIncome>();

  constructor(
    private readonly lab: LedgerLab,
    private readonly labScope: LabScope,
    random: Random,
  ) {
    this.dice = new Dice(random);
  }

  chance(probability: number): boolean {
    return this.dice.chance(probability);
  }

  below(limit: number): number {
    return this.dice.below(limit);
  }

  pick<T>(items: readonly T[]): T {
    return this.dice.pick(items);
  }

  live(): readonly SimIncome[] {
    return this.lab.simulator.world[this.labScope.scope.stream](this.labScope.key);
  }

  /** The rows that the pool still serves. */
  served(): readonly SimIncome[] {
    return this.live().filter((row) => row.minedAtMs >= this.forgottenBeforeMs);
  }

  /** Rows that were there at the last `watch` and have not been touched since. */
  untouched(): readonly SimIncome[] {
    return this.live().filter((row) => !this.touched.has(row));
  }

  /** Rows that were changed, came or went since the last `watch`, as they are now. */
  changedRows(): readonly SimIncome[] {
    return [...this.touched];
  }

  watch(): void {
    this.touched = new Set();
  }

  populate(): void {
    const count = this.dice.pick(SIZES);
    const shapes = Object.keys(SHAPES) as (keyof typeof SHAPES)[];
    const shape = this.dice.pick(shapes);
    this.log.push(`${count} rows, ${shape}`);
    this.insert(count, SHAPES[shape]);
  }

  chooseQuirks(kind: 'honest' | 'lying'): void {
    const chosen: Partial<Quirks> = {};
    const count = this.dice.pick([0, 1, 1, 2, 3]);
    for (let n = 0; n < count; n += 1) Object.assign(chosen, this.dice.pick(HONEST_QUIRKS)(this.dice));
    if (kind === 'lying') Object.assign(chosen, this.dice.pick(LYING_QUIRKS)(this.dice));
    // A server that ignores bounds refuses none.
    if (chosen.bounds === 'ignored') delete chosen.maxSpanDays;
    // Bounds with another meaning are found only by the count of everything.
    if (chosen.boundsOn === 'settled' || chosen.boundsShiftMs !== undefined) {
      delete chosen.maxSpanDays;
      delete chosen.totalNum;
      // A span limit is permanent, and then no single answer counts everything.
      if (this.hasRefusedSpans) {
        delete chosen.boundsOn;
        delete chosen.boundsShiftMs;
      }
    }
    this.hasRefusedSpans ||= chosen.maxSpanDays !== undefined;
    const { forgottenBeforeMs } = this;
    Object.assign(this.lab.simulator.quirks, PLAIN, chosen, {
      forgottenBeforeMs: forgottenBeforeMs === -Infinity ? null : forgottenBeforeMs,
    });
    const { bounds, boundsOn, boundsShiftMs } = this.lab.simulator.quirks;
    this.hadOtherBounds ||= bounds === 'ignored' || boundsOn === 'settled' || boundsShiftMs !== 0;
    this.log.push(`quirks ${JSON.stringify(chosen)}`);
  }

  /** Whether the pool shuffles more rows than a page holds, within the smallest span that can be queried. */
  shufflesMoreThanAPage(): boolean {
    const { order, bounds, pageSizeCap, totalNum } = this.lab.simulator.quirks;
    // A paged scope stays paged, because passes that never agree prove nothing about windows.
    const isPaged = this.hadOtherBounds;
    // A list without a count is paged in pages smaller than itself, because an empty second page could be false.
    const pageRows = totalNum === 'true' ? (pageSizeCap ?? 100) : 12;
    const instants = this.live().map(({ minedAtMs }) => minedAtMs);
    // Where no bounds can be trusted, no smaller span can be asked for: rows that change places between two pages are
    // seen twice or not at all by every pass, and nothing but the run's doubt is promised.
    const movesBetweenPages =
      instants.length > pageRows && (order === 'unstable' || new Set(instants).size < instants.length);
    if (isPaged && order.startsWith('unstable') && movesBetweenPages) return true;
    // If bounds are cut to days, the smallest span is the days of two time zones.
    const unitMs = order === 'unstable' && bounds.endsWith('-days') ? 2 * DAY_MS : 1;
    const ofUnit = new Map<number, number>();
    for (const minedAtMs of instants) {
      const unit = Math.floor(minedAtMs / unitMs);
      ofUnit.set(unit, (ofUnit.get(unit) ?? 0) + 1);
    }
    return order.startsWith('unstable') && Math.max(0, ...ofUnit.values()) > pageRows - 2;
  }

  /**
   * Whether nobody can tell the end of a list: its rows are not counted, what lies beyond is its last page once more, and no
   * smaller page than that of ten rows can be asked for.
   */
  repeatsItsEnd(): boolean {
    const { totalNum, beyondEnd } = this.lab.simulator.quirks;
    return (
      totalNum !== 'true' &&
      ['last', 'first', 'last-in-disguise'].includes(beyondEnd) &&
      this.live().length >= 10
    );
  }

  /** The pool answers correctly again, in the same form. */
  tellTruth(): void {
    Object.assign(this.lab.simulator.quirks, { totalNum: 'true', emptyPage: null, repeatedPage: null });
  }

  /** The pool stops serving the older rows, as far as they are too old to have been taken back. */
  forget(): boolean {
    const instants = this.live().map((row) => row.minedAtMs);
    const edgeMs = this.dice.pick(instants);
    const older = instants.filter((at) => at < edgeMs);
    const isYoung = older.some((at) => this.lab.simulator.clock.now() - at <= 7 * DAY_MS);
    if (older.length === 0 || isYoung) return false;
    this.forgottenBeforeMs = Math.max(edgeMs, this.forgottenBeforeMs);
    this.lab.simulator.quirks.forgottenBeforeMs = this.forgottenBeforeMs;
    this.log.push(`  forgot ${older.length} rows before ${this.forgottenBeforeMs}`);
    return true;
  }

  /** The pool serves again what it had stopped serving. */
  remember(): void {
    this.forgottenBeforeMs = -Infinity;
    this.lab.simulator.quirks.forgottenBeforeMs = null;
  }

  mutate(times: number): void {
    for (let n = 0; n < times; n += 1) {
      const change = this.dice.pick(this.changes);
      const what = change();
      if (what !== null) this.log.push(`  ${what}`);
    }
  }

  private insert(count: number, at: (dice: Dice, n: number, i: number) => number): void {
    const { dice, labScope } = this;
    const rows = this.lab.simulator.world.insertMany(
      labScope.scope.stream,
      labScope.key,
      Array.from({ length: count }, (_, i) => {
        const status = dice.pick(STATUSES);
        const minedAtMs = at(dice, count, i);
        const rated = dice.chance(0.5);
        return {
          currency: dice.chance(0.8) ? 'BTC' : dice.pick(CURRENCIES),
          minedAtMs,
          amount: dice.chance(0.5)
            ? dice.pick(AMOUNTS)
            : `0.${dice.below(100_000_000).toString().padStart(8, '0')}`,
          status,
          settledAtMs: status === 'SETTLED' ? minedAtMs + DAY_MS : null,
          extra: dice.pick(EXTRAS),
          ...(rated ? { hashRate: String(1_000_000 + dice.below(3)), hashUnit: 'H' } : {}),
          ...(labScope.scope.stream === 'rewards' ? { type: dice.pick(TYPES) } : {}),
          ...(labScope.scope.stream === 'earnings' && rated ? { rejectRate: `0.0${1 + dice.below(9)}` } : {}),
        };
      }),
    );
    for (const row of rows) this.touched.add(row);
  }

  private readonly changes: readonly (() => string | null)[] = [
    () => this.changeLive('settled', (row) => this.lab.simulator.world.settle(row)),
    () => this.changeLive('settled', (row) => this.lab.simulator.world.settle(row)),
    () =>
      this.changeLive('amended', (row) =>
        this.lab.simulator.world.amend(row, { amount: this.dice.pick(AMOUNTS) }),
      ),
    () =>
      this.changeLive('amended and settled', (row) =>
        this.lab.simulator.world.amend(row, {
          amount: this.dice.pick(AMOUNTS),
          status: 'SETTLED',
          settledAtMs: row.minedAtMs + 5,
        }),
      ),
    () =>
      this.changeLive('moved', (row) =>
        this.lab.simulator.world.amend(row, {
          minedAtMs: row.minedAtMs + this.dice.pick([1, DAY_MS, -DAY_MS]),
        }),
      ),
    () =>
      this.changeLive('withdrawn', (row) => {
        this.lab.simulator.world.withdraw(row);
        this.withdrawn.push(row);
      }),
    () => {
      const row = this.withdrawn.pop();
      if (row === undefined) return null;
      this.touched.add(row);
      this.lab.simulator.world.restore(row);
      return `restored ${row.serial}`;
    },
    () => {
      const copies = this.dice.pick([1, 1, 2, 3, 12]);
      const row = this.live()[this.dice.below(this.live().length)];
      if (row === undefined) return null;
      const twins = this.lab.simulator.world.insertMany(
        this.labScope.scope.stream,
        this.labScope.key,
        Array.from({ length: copies }, () => ({ ...row, settlesAtMs: undefined })),
      );
      for (const twin of twins) this.touched.add(twin);
      return `${copies} twins of ${row.serial}`;
    },
    () => {
      const count = this.dice.pick([1, 2, 5, 30]);
      this.insert(count, SHAPES.anywhere);
      return `${count} late`;
    },
    () => {
      const count = this.dice.pick([1, 2, 5]);
      this.insert(count, SHAPES['to come']);
      return `${count} new`;
    },
  ];

  private changeLive(name: string, change: (row: SimIncome) => void): string | null {
    const row = this.live()[this.dice.below(this.live().length)];
    if (row === undefined) return null;
    this.touched.add(row);
    change(row);
    return `${name} ${row.serial}`;
  }
}

const PLAIN: Partial<Quirks> = {
  amounts: 'number',
  amountDigits: 'plain',
  times: 'number',
  pageFields: 'number',
  pendingSettleTime: 'null',
  emptyFields: 'absent',
  order: 'desc',
  pageSizeCap: null,
  pageSizeAdmitted: true,
  bounds: 'inclusive',
  boundsOn: 'mined',
  boundsShiftMs: 0,
  unboundedDays: null,
  maxSpanDays: null,
  beyondEnd: 'empty',
  noRows: 'page',
  pageSizeSays: 'size',
  totalNum: 'true',
  emptyPage: null,
  repeatedPage: null,
};
