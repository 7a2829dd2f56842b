import { throwIfAborted } from '../../core/clock';
import type { WorkerFilter } from '../../domain/entities';
import type { FleetSnapshot, PackedWorkers } from '../../domain/fleet/fleet-snapshot';
import { findUnreadableWorkers } from '../../domain/fleet/unreadable-workers';
import { WorkerPager } from '../../domain/fleet/worker-pager';
import { ACTIVE, PAGED_STATUSES } from '../../domain/fleet/worker-statuses';
import { MAX_PAGE_SIZE, MIN_PAGE_SIZE, type UnreadableRow } from '../../domain/page';
import type { Pool } from '../../domain/pool';
import type { FleetScope } from '../../domain/scope';
import type { FleetStore } from '../ports/fleet-ports';
import type { Run } from '../runs/run';
import { findWorker } from './worker-lookup';

/** Pages per statement: parameters of about 60 kB, which V8 still frees cheaply. */
const STAGED_PAGES = 3;
/** Workers looked up one by one in a snapshot; more wait for the next snapshot, which finds most of them in a list. */
const MAX_RESOLVED = 50;
/** The same for a restless fleet, where a lookup is out of date before the snapshot ends. */
const MAX_RESOLVED_RESTLESS = 10;
/** A restless list is abandoned for another one only if more than this many of its pages are left. */
const WORTH_LEAVING_PAGES = 10;
/** How far counts taken one after another may differ in a restless fleet: by `workers`, or by one worker in `oneIn`. */
const COUNT_SLACK = { workers: 30, oneIn: 50 } as const;

export interface WorkersDeps {
  readonly pool: Pick<Pool, 'queryWorkers' | 'getWorker'>;
  readonly fleet: FleetStore;
}

interface PagedLists {
  readonly unreadable: readonly UnreadableRow[];
  readonly isComplete: boolean;
  /** A list changed while it was read, so counts taken at different times need not agree. */
  readonly hasMoved: boolean;
}

interface PackedPage {
  readonly workers: PackedWorkers;
  readonly answeredAtMs: number;
}

/**
 * One snapshot of the workers of a scope, for one run. The lists by status are paged in turn. If the first of them is
 * restless, the list of all workers is paged instead, since its members do not depend on their status. Then the shorter
 * list by status is paged; workers that are not in it belong to the longer one.
 */
export class WorkerSnapshot {
  constructor(
    private readonly deps: WorkersDeps,
    private readonly scope: FleetScope,
    private readonly run: Run,
    private readonly snapshot: FleetSnapshot,
  ) {}

  /** Null when the pool gives no count. */
  async count(status: WorkerFilter): Promise<number | null> {
    throwIfAborted(this.run.signal);
    const page = await this.deps.pool.queryWorkers(
      { ...this.target, status, currentPage: 1, pageSize: MIN_PAGE_SIZE },
      this.run.callOptions,
    );
    return page.totalNum;
  }

  /** Pages through the lists and stages every worker with a status. */
  async readAll(): Promise<PagedLists> {
    const pagers: WorkerPager[] = [];
    for (const status of PAGED_STATUSES) {
      const pager = await this.pageThrough(status, { mayLeave: status === ACTIVE });
      if (pager.nextPage !== null) return this.readRestless(pager.counted ?? 0);
      pagers.push(pager);
    }
    const paged = this.conclude(pagers);
    await this.resolve(MAX_RESOLVED);
    if (!paged.hasMoved) return paged;
    const isCovered = await this.findMoved(paged.unreadable.length);
    await this.resolve(MAX_RESOLVED);
    await this.deps.fleet.assumeStatus(this.snapshot, ACTIVE);
    return { ...paged, isComplete: paged.isComplete && isCovered };
  }

  /** Stores the staged workers in one transaction. `totalCompared`: with the count of all workers. */
  async land({ unreadable, isComplete }: PagedLists, totalCompared: boolean): Promise<void> {
    throwIfAborted(this.run.signal);
    const { removed, ...counts } = await this.deps.fleet.landSnapshot(this.scope, this.snapshot, {
      isComplete,
      staged: await this.deps.fleet.countStaged(this.snapshot),
      unreadable,
      unreadableWorkers: findUnreadableWorkers(unreadable),
      totalCompared,
    });
    this.run.add({ ...counts, withdrawn: removed });
    if (counts.quarantined > 0) this.run.markPartial('rows that could not be parsed are in quarantine');
  }

  /** Reads a fleet whose lists by status change too fast. `activeCount`: workers that the list of active ones counted. */
  private async readRestless(activeCount: number): Promise<PagedLists> {
    const all = await this.pageThrough('TOTAL');
    const total = all.counted ?? 0;
    const [listed, other] =
      activeCount * 2 < total ? (['ACTIVE', 'INACTIVE'] as const) : (['INACTIVE', 'ACTIVE'] as const);
    const lists = [await this.pageThrough(listed), await this.pageThrough('INVALID')];
    await this.deps.fleet.assumeStatus(this.snapshot, other);
    await this.resolve(MAX_RESOLVED_RESTLESS);
    const sum = lists.reduce(
      (count, list) => count + (list.counted ?? 0),
      (await this.count(other)) ?? total,
    );
    if (total - sum > Math.max(COUNT_SLACK.workers, total / COUNT_SLACK.oneIn)) this.disagree(total, sum);
    return { ...this.conclude([all, ...lists]), unreadable: all.unreadable };
  }

  /**
   * A worker that moved from a list not yet read to one already read was missed: pages the list of all workers until
   * none is missing. Returns whether as many are staged as the pool counts.
   */
  private async findMoved(unreadableCount: number): Promise<boolean> {
    const total = await this.count('TOTAL');
    const missing = (total ?? 0) - unreadableCount - (await this.deps.fleet.countStaged(this.snapshot));
    return missing <= 0 || this.conclude([await this.pageThrough('TOTAL', { wanted: missing })]).isComplete;
  }

  /** What the lists hold together; each one that contradicts itself makes the run partial. */
  private conclude(pagers: readonly WorkerPager[]): PagedLists {
    for (const { contradiction, status } of pagers) {
      if (contradiction !== null)
        this.run.markPartial(`the list of ${status} workers contradicts itself: ${contradiction}`);
    }
    return {
      unreadable: pagers.flatMap(({ unreadable }) => unreadable),
      isComplete: pagers.every(({ contradiction }) => contradiction === null),
      hasMoved: pagers.some(({ hasMoved }) => hasMoved),
    };
  }

  /** Marks the run partial: the lists by status do not hold all workers. */
  disagree(total: number, listed: number): void {
    this.run.markPartial(`the pool counts ${total} workers in all, and its lists by status hold ${listed}`);
  }

  /** Looks up workers that moved between lists while these were read. */
  private async resolve(limit: number): Promise<void> {
    for (const workerId of await this.deps.fleet.findUnresolved(this.scope, this.snapshot, limit)) {
      throwIfAborted(this.run.signal);
      const details = await findWorker(this.deps.pool, this.scope, workerId, this.run);
      // An answer without a status leaves the worker as the lists showed it.
      if (details.unreadable.length > 0 || details.rows[0]?.status === null) continue;
      await this.deps.fleet.resolveWorker(this.snapshot, workerId, details.rows[0] ?? null);
    }
  }

  /**
   * Pages through a list to its end, until it proves restless (if the list may be left then), or until `wanted` workers
   * were found that are in no other list.
   */
  private async pageThrough(
    status: WorkerFilter,
    { mayLeave = false, wanted = Infinity }: { readonly mayLeave?: boolean; readonly wanted?: number } = {},
  ): Promise<WorkerPager> {
    const pager = new WorkerPager(status);
    let unstaged: PackedPage[] = [];
    let missing = wanted;
    const stageAll = async (): Promise<void> => {
      missing -= await this.stage(status, unstaged);
      unstaged = [];
    };
    for (
      let currentPage = pager.nextPage;
      currentPage !== null && missing > 0;
      currentPage = pager.nextPage
    ) {
      throwIfAborted(this.run.signal);
      const page = await this.deps.pool.queryWorkers(
        { ...this.target, status, currentPage, pageSize: pager.nextRows ?? MAX_PAGE_SIZE },
        this.run.callOptions,
      );
      // A worker seen before may be among the unstaged ones, and one statement cannot write a row twice.
      if (pager.add(page) < page.rows.length) await stageAll();
      unstaged.push({ workers: this.deps.fleet.packWorkers(page.rows), answeredAtMs: page.answeredAtMs });
      this.run.add({ rowsRead: page.rows.length + page.unreadable.length });
      const isLeft = mayLeave && pager.isRestless && pager.pageCount > currentPage + WORTH_LEAVING_PAGES;
      if (unstaged.length === STAGED_PAGES || pager.nextPage === null || isLeft) await stageAll();
      if (isLeft) return pager;
    }
    return pager;
  }

  /** Returns how many workers of the list of all workers were not staged before. */
  private async stage(status: WorkerFilter, pages: readonly PackedPage[]): Promise<number> {
    const ageMs = Math.max(0, (pages.at(-1)?.answeredAtMs ?? 0) - (pages[0]?.answeredAtMs ?? 0));
    const packed = pages.map(({ workers }) => workers);
    if (status === 'TOTAL') return this.deps.fleet.stageUnlisted(this.snapshot, packed, ageMs);
    await this.deps.fleet.stageWorkers(this.snapshot, status, packed, ageMs);
    return 0;
  }

  private get target(): Pick<FleetScope, 'puid' | 'algo'> {
    return { puid: this.scope.puid, algo: this.scope.algo };
  }
}
