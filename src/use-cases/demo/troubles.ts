// What is wrong with some of the demo's machines, so that the pages have something to report.
import { millisecondsInHour } from 'date-fns/constants';
import type { Simulator } from '../../simulator';

type DemoWorker = ReturnType<Simulator['world']['workers']>[number];

/** What is wrong with a machine of the demo, and since when. */
export interface WorkerTrouble {
  readonly machine: DemoWorker;
  readonly sinceMs: number;
  readonly change: Partial<
    Pick<
      DemoWorker,
      'realHashRate' | 'hourHashRate' | 'dayHashRate' | 'rejectRate' | 'status' | 'lastShareAtMs'
    >
  >;
}

/** Troubles of the machines of the first fleet, in order of the machines' names. */
const PLANTED_TROUBLES = [
  { place: 3, hours: 76, kind: 'slow', share: 0.55 },
  { place: 7, hours: 31, kind: 'dead', share: 0 },
  { place: 12, hours: 120, kind: 'rejecting', share: 1 },
  { place: 17, hours: 20, kind: 'slow', share: 0.72 },
] as const;
const REJECTED_PERCENT = '3.4';
/** The usual hashrate of a machine of the first fleet, which mines SHA256d. */
const USUAL_HPS = 200e12;

/** The machines of the demo that need a technician, the same in every demo. */
export function findTroubles(
  { world, accounts }: Simulator,
  nowMs: number,
): ReadonlyMap<string, WorkerTrouble> {
  const [account] = accounts;
  const [scope] = account === undefined ? [] : world.scopes(account.name);
  if (scope === undefined) return new Map();
  const machines = [...world.workers(scope)].sort((a, b) => a.workerName.localeCompare(b.workerName));
  const troubles = PLANTED_TROUBLES.flatMap(({ place, hours, kind, share }): WorkerTrouble[] => {
    const machine = machines[place];
    if (machine === undefined) return [];
    const sinceMs = nowMs - hours * millisecondsInHour;
    const rate = String(USUAL_HPS * share);
    const rates = { realHashRate: rate, hourHashRate: rate, dayHashRate: rate };
    const change =
      kind === 'dead'
        ? { ...rates, status: 'INACTIVE', lastShareAtMs: sinceMs }
        : {
            ...rates,
            status: 'ACTIVE',
            lastShareAtMs: nowMs,
            ...(kind === 'rejecting' ? { rejectRate: REJECTED_PERCENT } : {}),
          };
    return [{ machine, sinceMs, change }];
  });
  return new Map(troubles.map((trouble) => [String(trouble.machine.workerId), trouble]));
}

/** Breaks these machines from now on. */
export function makeTrouble(simulator: Simulator, nowMs: number): void {
  for (const { machine, change } of findTroubles(simulator, nowMs).values())
    simulator.world.changeWorker(machine, change);
}
