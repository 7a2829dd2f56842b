import { mix } from '../random';
import type { SimScopeKey } from './sim-income';
import { drawReading, tenantAt, type WorkerReading } from './worker-plan';

/** One mining machine. Change it only through `World`. */
export interface SimWorker extends WorkerReading {
  readonly scope: SimScopeKey;
  readonly workerId: bigint;
  workerName: string;
  /** `H` by default. */
  hashUnit: string;
  /** Undocumented fields, as the text of a JSON object; null: none. */
  extra: string | null;
  /** Any JSON text served instead of the worker; null: none. */
  raw: string | null;
}

export type WorkerSortField = 'WORKER' | 'HASH_RATE' | 'HASH_RATE_HOUR' | 'REJECT' | 'LAST_SHARE_TIME';

export interface FleetOptions {
  readonly scope: SimScopeKey;
  readonly seed: number;
  readonly size: number;
  readonly machineHps: number;
  readonly namePrefix: string;
  readonly firstWorkerId: bigint;
  readonly slotMs: number;
  readonly atMs: number;
}

/** Ids reserved per place of a fleet, for successive machines. */
const IDS_APART = 1_000_000_000n;

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const COMPARE: Record<WorkerSortField, (a: SimWorker, b: SimWorker) => number> = {
  WORKER: (a, b) => compareTexts(a.workerName, b.workerName),
  HASH_RATE: (a, b) => Number(a.realHashRate) - Number(b.realHashRate),
  HASH_RATE_HOUR: (a, b) => Number(a.hourHashRate) - Number(b.hourHashRate),
  REJECT: (a, b) => Number(a.rejectRate) - Number(b.rejectRate),
  LAST_SHARE_TIME: (a, b) => (a.lastShareAtMs ?? 0) - (b.lastShareAtMs ?? 0),
};

function compareIds(a: SimWorker, b: SimWorker): number {
  return a.workerId < b.workerId ? -1 : a.workerId > b.workerId ? 1 : 0;
}

/** How workers compare by a field alone: 0 means that the pool may serve the two in any order. */
export function compareWorkers(field: WorkerSortField): (a: SimWorker, b: SimWorker) => number {
  return COMPARE[field];
}

/**
 * The machines of one scope. Seeded machines follow the clock, slot by slot, until a test changes one; that one then stays as
 * the test left it. Lists are sorted on demand and cached until something changes.
 */
export class SimFleet {
  private readonly options: FleetOptions;
  /** The current seeded machine by place. */
  private readonly places: (SimWorker | null)[] = [];
  private readonly tenants: (number | null)[] = [];
  private readonly byId = new Map<bigint, SimWorker>();
  private readonly pinned = new Set<SimWorker>();
  private lists = new Map<string, readonly SimWorker[]>();
  private slot: number | null = null;

  constructor(options: FleetOptions) {
    this.options = options;
    this.refresh(options.atMs);
  }

  /** Advances the seeded machines to the slot of `nowMs`. */
  refresh(nowMs: number): void {
    const { slotMs, size, seed, machineHps, atMs } = this.options;
    const slot = Number.isFinite(slotMs) ? Math.floor(nowMs / slotMs) : 0;
    if (slot === this.slot) return;
    this.slot = slot;
    const slotStartMs = Number.isFinite(slotMs) ? slot * slotMs : atMs;
    for (let place = 0; place < size; place += 1) {
      const placeSeed = mix(seed, place);
      const tenant = tenantAt(placeSeed, slotStartMs);
      if (tenant !== this.tenants[place]) this.moveIn(place, tenant);
      const worker = this.places[place];
      if (worker === null || worker === undefined || this.pinned.has(worker)) continue;
      Object.assign(worker, drawReading(mix(placeSeed, 100 + (tenant ?? 0)), machineHps, slotStartMs));
    }
    this.changed();
  }

  /** The seeded machines' states at an earlier moment, regardless of later changes by a test. */
  readingsAt(atMs: number): readonly SimWorker[] {
    return new SimFleet({ ...this.options, atMs }).all();
  }

  /** All current machines, in no particular order. */
  all(): SimWorker[] {
    return [...this.byId.values()];
  }

  find(workerId: bigint): SimWorker | undefined {
    return this.byId.get(workerId);
  }

  /** Ascending; equal ones by id. `TOTAL` lists every status, known or not. */
  list(status: string, field: WorkerSortField): readonly SimWorker[] {
    const key = `${status} ${field}`;
    let list = this.lists.get(key);
    if (list === undefined) {
      const compare = COMPARE[field];
      list = this.all()
        .filter((worker) => status === 'TOTAL' || worker.status === status)
        .sort((a, b) => compare(a, b) || compareIds(a, b));
      this.lists.set(key, list);
    }
    return list;
  }

  /** Adds a test's own machine, which does not change with time. */
  add(worker: SimWorker): void {
    this.byId.set(worker.workerId, worker);
    this.pin(worker);
  }

  remove(worker: SimWorker): void {
    this.byId.delete(worker.workerId);
    this.pin(worker);
  }

  /** Stops this machine from changing with time. */
  pin(worker: SimWorker): void {
    this.pinned.add(worker);
    this.changed();
  }

  changed(): void {
    this.lists.clear();
  }

  private moveIn(place: number, tenant: number | null): void {
    const { scope, firstWorkerId, namePrefix } = this.options;
    const leaving = this.places[place];
    if (leaving !== null && leaving !== undefined && !this.pinned.has(leaving)) {
      this.byId.delete(leaving.workerId);
    }
    this.tenants[place] = tenant;
    if (tenant === null) {
      this.places[place] = null;
      return;
    }
    const worker: SimWorker = {
      scope,
      workerId: firstWorkerId + BigInt(place) + BigInt(tenant) * IDS_APART,
      workerName: `${namePrefix}${(place + 1).toString().padStart(3, '0')}`,
      hashUnit: 'H',
      extra: null,
      raw: null,
      realHashRate: '0',
      hourHashRate: '0',
      dayHashRate: '0',
      rejectRate: '0',
      lastShareAtMs: null,
      status: 'INACTIVE',
    };
    this.places[place] = worker;
    this.byId.set(worker.workerId, worker);
  }
}
