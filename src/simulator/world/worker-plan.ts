import { millisecondsInHour, millisecondsInMinute } from 'date-fns/constants';
import { DAY_MS } from '../../core/day';
import { canonical } from '../amounts';
import { fractionOf, mix } from '../random';

/** A machine's changing state. Rates in H/s, decimal text. */
export interface WorkerReading {
  realHashRate: string;
  hourHashRate: string;
  dayHashRate: string;
  /** Percent, decimal text. */
  rejectRate: string;
  lastShareAtMs: number | null;
  /** `ACTIVE`, `INACTIVE`, `INVALID`, or any other value a test needs. */
  status: string;
}

/** One in this many machines is replaced from time to time. */
const CHURN_ONE_IN = 16;
const INACTIVE_CHANCE = 0.04;
const INVALID_CHANCE = 0.015;
const OUTAGE_MS = 6 * millisecondsInHour;
const RETIREMENT_MS = 21 * DAY_MS;

/**
 * The number of the machine at a place of the farm, from 0 (the first one there), or null while the place is empty between
 * two machines.
 */
export function tenantAt(placeSeed: number, atMs: number): number | null {
  if (mix(placeSeed, 1) % CHURN_ONE_IN !== 0) return 0;
  const periodMs = (20 + (mix(placeSeed, 2) % 70)) * DAY_MS;
  const elapsedMs = atMs + (mix(placeSeed, 3) % periodMs);
  return elapsedMs % periodMs > periodMs * 0.96 ? null : Math.floor(elapsedMs / periodMs) % 1_000_000;
}

/** A machine at the start of a slot: a pure function of its seed and the time. */
export function drawReading(machineSeed: number, machineHps: number, slotStartMs: number): WorkerReading {
  const nominal = machineHps * (0.9 + 0.2 * fractionOf(machineSeed, 1));
  const week = Math.floor(slotStartMs / RETIREMENT_MS);
  const outage = Math.floor(slotStartMs / OUTAGE_MS);
  const invalid = fractionOf(mix(machineSeed, 2), week) < INVALID_CHANCE;
  if (invalid || fractionOf(mix(machineSeed, 3), outage) < INACTIVE_CHANCE) {
    const downSinceMs = invalid ? week * RETIREMENT_MS : outage * OUTAGE_MS;
    const dayShare = invalid ? 0 : fractionOf(mix(machineSeed, 4), outage);
    return {
      realHashRate: '0',
      hourHashRate: '0',
      dayHashRate: formatWhole(nominal * dayShare),
      rejectRate: formatRejectRate(mix(mix(machineSeed, 5), outage)),
      lastShareAtMs: downSinceMs - (mix(machineSeed, 6) % millisecondsInMinute),
      status: invalid ? 'INVALID' : 'INACTIVE',
    };
  }
  const slotSeed = mix(mix(machineSeed, 7), Math.floor(slotStartMs / millisecondsInMinute));
  return {
    realHashRate: formatWhole(nominal * (0.93 + 0.14 * fractionOf(slotSeed, 1))),
    hourHashRate: formatWhole(nominal * (0.97 + 0.06 * fractionOf(slotSeed, 2))),
    dayHashRate: formatWhole(nominal * (0.985 + 0.03 * fractionOf(slotSeed, 3))),
    rejectRate: formatRejectRate(slotSeed),
    lastShareAtMs: slotStartMs - (mix(slotSeed, 4) % millisecondsInMinute),
    status: 'ACTIVE',
  };
}

function formatWhole(hps: number): string {
  return BigInt(Math.round(hps)).toString();
}

function formatRejectRate(seed: number): string {
  return canonical('0', (mix(seed, 5) % 900).toString().padStart(4, '0'));
}
