import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../src/core/day';
import type { SimIncome, Quirks } from '../../src/simulator';
import { WHAT_IS_DUE, type LedgerRequest } from '../../src/sync/ledger/sync-ledger-scope';
import type { RunResult } from '../../src/sync/runs/run-scope';
import type { LabScope, LabSync, LedgerLab } from './ledger-lab';
import { differenceOf, truthLineOf } from './ledger-truth';

/** How a history begins. Its clipping of spans never changes, since rows hidden from the start cannot be found. */
export interface Beginning {
  readonly stream: 'earnings' | 'rewards';
  readonly rows: number;
  readonly perDay: number;
  readonly order: Quirks['order'];
  readonly pageSizeCap: number | null;
  /** Of a longer span, only this many of the newest days are served. */
  readonly clippedDays: number | null;
}

const countOf = (lines: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
};

/** The lines that `a` has more often than `b`. */
function beyond(a: readonly string[], b: readonly string[]): string[] {
  const counts = countOf(b);
  return a.filter((line) => {
    const left = counts.get(line) ?? 0;
    counts.set(line, left - 1);
    return left <= 0;
  });
}

const common = (a: readonly string[], b: readonly string[]): string[] => beyond(a, beyond(a, b));

const fieldOf = (line: string, name: string): string =>
  Object.fromEntries(JSON.parse(line) as [string, string][])[name] ?? '';

const minedAtOf = (line: string): number => Number(fieldOf(line, 'mined_at'));
const dayNumberOf = (atMs: number): number => Math.floor(atMs / DAY_MS);

/** A simulated pool, one scope of its ledger, and the promises that each run has to keep. */
export class PoolAndLedger {
  private readonly broken: SimIncome[] = [];
  private readonly withdrawn: SimIncome[] = [];
  private forgottenBeforeMs = -Infinity;
  isEmptied = false;

  private constructor(
    readonly lab: LedgerLab,
    readonly labScope: LabScope,
    private readonly tiers: LabSync['tiers'],
    /** Rows inserted later are at most this many days old. */
    private readonly oldestInsertDays: number,
    private readonly isClipped: boolean,
  ) {}

  static async begin(
    lab: LedgerLab,
    beginning: Beginning,
    tiers: NonNullable<LabSync['tiers']>,
  ): Promise<PoolAndLedger> {
    await lab.forgetSpanLimits();
    const { stream, rows, perDay, order, pageSizeCap, clippedDays } = beginning;
    Object.assign(lab.simulator.quirks, {
      order,
      pageSizeCap,
      clippedSpan: clippedDays === null ? null : { days: clippedDays, keeps: 'last' },
      forgottenBeforeMs: null,
    });
    // A list younger than a clipped span shows no sign of the clipping: a single older row would never be seen.
    const isHidden = clippedDays !== null && rows <= perDay * clippedDays;
    const oldestInsertDays = isHidden ? clippedDays - 4 : Infinity;
    const begun = new PoolAndLedger(
      lab,
      await lab.newScope(stream),
      tiers,
      oldestInsertDays,
      clippedDays !== null,
    );
    begun.insert(Array.from({ length: rows }, (_, i) => -1 - Math.floor(i / perDay)));
    return begun;
  }

  private get world() {
    return this.lab.simulator.world;
  }

  private get today(): number {
    return dayNumberOf(this.lab.simulator.clock.now()) * DAY_MS;
  }

  rows(): readonly SimIncome[] {
    return this.world[this.labScope.scope.stream](this.labScope.key);
  }

  private get edgeMs(): number {
    return this.isEmptied ? Infinity : this.forgottenBeforeMs;
  }

  private served(): readonly SimIncome[] {
    return this.rows().filter(({ minedAtMs }) => minedAtMs >= this.edgeMs);
  }

  private servedBroken(): readonly SimIncome[] {
    return this.broken.filter(({ minedAtMs }) => minedAtMs >= this.edgeMs);
  }

  insert(days: readonly number[], amount = '0.25'): void {
    const of = new Map<number, number>();
    const incomes = days.map((drawn) => {
      const day = Math.max(drawn, -this.oldestInsertDays);
      const n = of.get(day) ?? 0;
      of.set(day, n + 1);
      return {
        currency: 'BTC',
        status: n === 0 ? 'WAIT_SETTLE' : 'SETTLED',
        minedAtMs: this.today + day * DAY_MS + n * HOUR_MS,
        amount: n === 2 ? amount : `0.${n}${1 + Math.abs(day)}`,
      };
    });
    this.world.insertMany(this.labScope.scope.stream, this.labScope.key, incomes);
  }

  /** Adds a row that cannot be parsed, if possible on the day of another one. */
  breakOne(pick: number): void {
    const { key, scope } = this.labScope;
    const minedAtMs = this.rowAt(pick)?.minedAtMs ?? this.today - DAY_MS;
    const json = `{"amount":"1.5 BTC","currency":"BTC","miningDate":${minedAtMs},"status":"SETTLED","n":${this.broken.length}}`;
    this.broken.push(this.world.insertRaw(scope.stream, key, minedAtMs, json));
  }

  mendOne(): void {
    const row = this.broken.pop();
    if (row !== undefined) this.world.withdraw(row);
  }

  private rowAt(pick: number): SimIncome | undefined {
    const rows = this.rows();
    return rows[pick % Math.max(1, rows.length)];
  }

  settle(pick: number): void {
    const row = this.rowAt(pick);
    if (row !== undefined) this.world.settle(row);
  }

  amend(pick: number): void {
    const row = this.rowAt(pick);
    if (row !== undefined) this.world.amend(row, { amount: `1.${pick}1` });
  }

  withdraw(pick: number): void {
    const row = this.rowAt(pick);
    if (row === undefined) return;
    this.world.withdraw(row);
    this.withdrawn.push(row);
  }

  restore(): void {
    const row = this.withdrawn.pop();
    if (row !== undefined) this.world.restore(row);
  }

  private announceEdge(): void {
    this.lab.simulator.quirks.forgottenBeforeMs =
      this.edgeMs === -Infinity ? null : Math.min(this.edgeMs, 8e15);
  }

  /** Lets the list begin later, without its young rows. */
  forget(pick: number): void {
    const minedAtMs = this.rowAt(pick)?.minedAtMs;
    const youngestMs = this.lab.simulator.clock.now() - 8 * DAY_MS;
    if (minedAtMs === undefined || minedAtMs > youngestMs) return;
    // A list without rows belongs to another command.
    if (!this.rows().some((row) => row.minedAtMs >= minedAtMs)) return;
    this.forgottenBeforeMs = Math.max(this.forgottenBeforeMs, minedAtMs);
    this.announceEdge();
  }

  remember(): void {
    this.forgottenBeforeMs = -Infinity;
    this.announceEdge();
  }

  empty(isEmptied: boolean): void {
    this.isEmptied = isEmptied;
    this.announceEdge();
  }

  /**
   * Time passes. A row that no run saw before it grew older than what is clipped was hidden from the start, of which nobody
   * can tell: a run comes first, and while it would see nothing, no more than a day goes by.
   */
  async wait(hours: number): Promise<void> {
    if (this.isClipped) await this.run(WHAT_IS_DUE);
    await this.lab.advance((this.isClipped && this.isEmptied ? Math.min(hours, 24) : hours) * HOUR_MS);
  }

  run(request: LedgerRequest, options: LabSync = {}): Promise<RunResult> {
    return this.lab.sync(this.labScope, { tiers: this.tiers ?? {}, ...options, request });
  }

  /** Syncs while the pool stands still, and checks what has to hold after any run. */
  async sync(request: LedgerRequest, options: Omit<LabSync, 'request'> = {}): Promise<RunResult> {
    const before = await this.readLedger();
    const result = await this.run(request, options);
    await this.expectKept(before);
    expect([result.outcome, result.error?.code]).toEqual([
      expect.stringMatching(/succeeded|partial/),
      undefined,
    ]);
    // P11: a partial run gives its reason.
    expect(result.outcome === 'partial').toBe(result.reason !== null);
    await this.expectCertified(result);
    if (this.isEmptied && request.acceptEmpty !== true) expect(result.totals.withdrawn).toBe(0);
    if (request.verifyBeforeMs === Infinity) await this.expectVerified(result, request);
    return result;
  }

  /** P4: stored rows are still there, and those that the pool still has are live. */
  async expectKept(before: Awaited<ReturnType<PoolAndLedger['readLedger']>>): Promise<void> {
    const after = await this.readLedger();
    expect(beyond(before.keys, after.keys)).toEqual([]);
    const stillThere = common(this.rows().map(truthLineOf), before.live);
    expect(beyond(stillThere, after.live)).toEqual([]);
  }

  async readLedger(): Promise<{ keys: readonly string[]; live: readonly string[] }> {
    const { lab, labScope } = this;
    const { stream, puid } = labScope.scope;
    const rows = await lab.sql<{ key: string }[]>`
      SELECT concat_ws(' ', currency, mined_at, ${stream === 'rewards' ? lab.sql`type` : lab.sql`''`}, ordinal) AS key
        FROM ${lab.sql(`pool.${stream}`)} WHERE puid = ${String(puid)}`;
    return { keys: rows.map(({ key }) => key), live: await lab.storedOf(labScope) };
  }

  /** P2: every window that the run verified holds exactly what the pool serves in it. */
  private async expectCertified({ runId }: RunResult): Promise<void> {
    const { lab, labScope } = this;
    const windows = await lab.sql<{ from: number; to: number | null; landed: number; quarantined: number }[]>`
      SELECT (extract(epoch FROM from_at) * 1000)::float8 AS from,
             CASE WHEN to_at < 'infinity' THEN (extract(epoch FROM to_at) * 1000)::float8 END AS to,
             row_count AS landed, quarantined_count AS quarantined
        FROM sync.windows w JOIN sync.runs r USING (stream, puid, algo)
       WHERE run_id = ${String(runId)} AND verified_at >= started_at`;
    const stored = await lab.servedOf(labScope);
    const truth = this.served().map(truthLineOf);
    for (const { from, to, landed, quarantined } of windows) {
      const inside = (atMs: number): boolean => atMs >= from && atMs < (to ?? Infinity);
      const isInside = (line: string): boolean => inside(minedAtOf(line));
      const broken = this.servedBroken().filter(({ minedAtMs }) => inside(minedAtMs)).length;
      expect([landed, quarantined]).toEqual([truth.filter(isInside).length, broken]);
      expect(beyond(truth.filter(isInside), stored)).toEqual([]);
      if (broken === 0) expect(differenceOf(truth.filter(isInside), stored.filter(isInside))).toEqual([]);
    }
  }

  /** P2, P11: a run over everything says whether the ledger is what the pool serves. */
  private async expectVerified({ outcome, reason }: RunResult, request: LedgerRequest): Promise<void> {
    const { lab, labScope } = this;
    const stored = await lab.servedOf(labScope);
    const truth = this.served().map(truthLineOf);
    const isBroken = this.servedBroken().length > 0;
    if (truth.length === 0 && !isBroken && request.acceptEmpty !== true) return;
    expect([outcome, reason]).toEqual(isBroken ? ['partial', expect.anything()] : ['succeeded', null]);
    expect(beyond(truth, stored)).toEqual([]);
    const doubtful = beyond(stored, truth);
    const brokenDays = new Set(this.servedBroken().map(({ minedAtMs }) => dayNumberOf(minedAtMs)));
    expect(doubtful.filter((line) => !brokenDays.has(dayNumberOf(minedAtOf(line))))).toEqual([]);
    const [doubt] = await lab.sql<{ rows: number }[]>`
      SELECT coalesce(sum(in_doubt_count), 0)::int AS rows FROM sync.windows
       WHERE stream = ${labScope.scope.stream} AND puid = ${String(labScope.scope.puid)}`;
    // A stored row that is not served is older than all served rows, or may be one that cannot be parsed.
    const oldest = Math.min(...truth.map(minedAtOf));
    const unserved = beyond(await lab.storedOf(labScope), stored);
    const younger = unserved.filter((line) => minedAtOf(line) >= oldest);
    if (!isBroken) expect(younger).toEqual([]);
    expect(doubt?.rows).toBeGreaterThanOrEqual(doubtful.length + younger.length);
  }
}
