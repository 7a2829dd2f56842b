import { throwIfAborted } from '../../core/clock';
import { isKpoolError } from '../../core/errors';
import type { WorkerFilter } from '../../domain/entities';
import { findUnreadableWorkers, WALKED_STATUSES } from '../../domain/fleet';
import { WorkerWalk } from '../../domain/fleet-walk';
import type { WorkerId } from '../../domain/ids';
import type { UnreadableRow } from '../../domain/page';
import { miningScopeOf } from '../mining-scope';
import type { FleetPass, FleetScope, FleetStore, PackedWorkers, Pool, Scope } from '../ports';
import type { Run } from '../run';

const PAGE_SIZE = 100;
/** Pages that go to the database together: texts of about 60 kB, which V8 still lets go of cheaply once escaped. */
const STAGED_PAGES = 3;
/** The smallest page that the specification allows, for a question that only wants the count. */
const COUNT_PAGE_SIZE = 10;
/** Workers that one pass asks about by themselves; more wait for the next pass, which sees most of them in a list. */
const MAX_SETTLED = 50;

export interface WorkersDeps {
  readonly pool: Pick<Pool, 'queryWorkers' | 'getWorker'>;
  readonly fleet: FleetStore;
}

interface Walked {
  readonly unreadable: readonly UnreadableRow[];
  readonly isComplete: boolean;
}

interface PackedPage {
  readonly workers: PackedWorkers;
  readonly answeredAtMs: number;
}

/** One pass over the workers of a scope. Lives as long as its run. */
class PassRun {
  constructor(
    private readonly deps: WorkersDeps,
    private readonly scope: FleetScope,
    private readonly run: Run,
    private readonly pass: FleetPass,
  ) {}

  /** Null: the pool does not count them. */
  async countAll(): Promise<number | null> {
    throwIfAborted(this.run.signal);
    const page = await this.deps.pool.queryWorkers(
      { ...this.target, status: 'TOTAL', currentPage: 1, pageSize: COUNT_PAGE_SIZE },
      this.run.callOptions,
    );
    return page.totalNum;
  }

  async walkAll(): Promise<Walked> {
    const unreadable: UnreadableRow[] = [];
    let isComplete = true;
    for (const status of WALKED_STATUSES) {
      const walk = await this.walk(status);
      unreadable.push(...walk.unreadable);
      if (walk.contradiction !== null) {
        isComplete = false;
        this.run.fallShort(`the list of ${status} workers contradicts itself: ${walk.contradiction}`);
      }
    }
    return { unreadable, isComplete };
  }

  /** Asks for the last word on workers that moved between the lists while these were read. */
  async settle(): Promise<void> {
    for (const workerId of await this.deps.fleet.findUnsettled(this.scope, this.pass, MAX_SETTLED)) {
      throwIfAborted(this.run.signal);
      const details = await findWorker(this.deps.pool, this.scope, workerId, this.run);
      // One that answers without saying its state stays as the lists had it.
      if (details.unreadable.length > 0 || details.rows[0]?.status === null) continue;
      await this.deps.fleet.settleWorker(this.pass, workerId, details.rows[0] ?? null);
    }
  }

  async land({ unreadable, isComplete }: Walked, totalCompared: boolean): Promise<void> {
    throwIfAborted(this.run.signal);
    const { removed, ...counts } = await this.deps.fleet.landPass(this.scope, this.pass, {
      isComplete,
      staged: await this.deps.fleet.countStaged(this.pass),
      unreadable,
      unreadableWorkers: findUnreadableWorkers(unreadable),
      totalCompared,
    });
    this.run.add({ ...counts, withdrawn: removed });
    if (counts.quarantined > 0) this.run.fallShort('rows that could not be understood are in quarantine');
  }

  private async walk(status: WorkerFilter): Promise<WorkerWalk> {
    const walk = new WorkerWalk();
    let unstaged: PackedPage[] = [];
    const stageAll = async (): Promise<void> => {
      await this.stage(status, unstaged);
      unstaged = [];
    };
    for (let currentPage = walk.nextPage; currentPage !== null; currentPage = walk.nextPage) {
      throwIfAborted(this.run.signal);
      const page = await this.deps.pool.queryWorkers(
        { ...this.target, status, currentPage, pageSize: PAGE_SIZE },
        this.run.callOptions,
      );
      // What was seen before may be among what waits: one statement cannot write a worker twice.
      if (walk.add(page) < page.rows.length) await stageAll();
      unstaged.push({ workers: this.deps.fleet.packWorkers(page.rows), answeredAtMs: page.answeredAtMs });
      this.run.add({ rowsRead: page.rows.length + page.unreadable.length });
      if (unstaged.length === STAGED_PAGES || walk.nextPage === null) await stageAll();
    }
    return walk;
  }

  private async stage(status: WorkerFilter, pages: readonly PackedPage[]): Promise<void> {
    const ageMs = (pages.at(-1)?.answeredAtMs ?? 0) - (pages[0]?.answeredAtMs ?? 0);
    const packed = pages.map(({ workers }) => workers);
    await this.deps.fleet.stageWorkers(this.pass, status, packed, Math.max(0, ageMs));
  }

  private get target(): Pick<FleetScope, 'puid' | 'algo'> {
    return { puid: this.scope.puid, algo: this.scope.algo };
  }
}

/** Details of a worker; a pool that refuses to speak of one that it does not know has none. */
export async function findWorker(
  pool: Pick<Pool, 'getWorker'>,
  scope: FleetScope,
  workerId: WorkerId,
  run: Run,
): ReturnType<Pool['getWorker']> {
  try {
    return await pool.getWorker({ puid: scope.puid, algo: scope.algo, workerId }, run.callOptions);
  } catch (error) {
    if (!isKpoolError(error, 'pool.parameter') && !isKpoolError(error, 'pool.not-found')) throw error;
    return { rows: [], unreadable: [], answeredAtMs: 0 };
  }
}

/** Counts all workers and says so if the lists by status hold another number. */
async function compareTotal(passRun: PassRun, run: Run, listed: number): Promise<void> {
  const total = await passRun.countAll();
  if (total === null || total === listed) return;
  run.fallShort(`the pool counts ${total} workers in all, and its lists by status hold ${listed}`);
}

/**
 * One pass: every worker with its state, in one sample each, or none. What the pass saw is kept page by page and
 * lands at its end in one transaction; a pass that is broken off leaves nothing. Source:
 * `GET /v1/external/worker/query`.
 */
export async function syncWorkers(deps: WorkersDeps, anyScope: Scope, run: Run): Promise<void> {
  const scope: FleetScope = { ...miningScopeOf(anyScope), stream: 'workers' };
  const pass = await deps.fleet.beginPass(scope);
  const passRun = new PassRun(deps, scope, run, pass);
  try {
    const isEmpty = pass.knownWorkers === 0 && !pass.isFirst && (await passRun.countAll()) === 0;
    if (isEmpty) {
      await passRun.land({ unreadable: [], isComplete: true }, true);
      return;
    }
    const walked = await passRun.walkAll();
    await passRun.settle();
    const listed = (await deps.fleet.countStaged(pass)) + walked.unreadable.length;
    const isTotalDue = pass.isTotalDue && walked.isComplete && listed > 0;
    if (isTotalDue) await compareTotal(passRun, run, listed);
    await passRun.land(walked, isTotalDue);
  } catch (error) {
    await deps.fleet.dropPass(pass).catch(() => undefined);
    throw error;
  }
}
