import { z } from 'zod';
import type { Worker } from '../domain/entities';
import type { WorkerId } from '../domain/ids';
import { idField, optionalDecimalField, optionalTextField, possibleInstantField } from './fields';
import { ratesInHps } from './hash-rates';
import { readItem, Unreadable } from './items';
import type { JsonValue } from './json';

const workerSchema = z.object({
  workerId: idField,
  workerName: optionalTextField,
  realHashRate: optionalDecimalField,
  hourHashRate: optionalDecimalField,
  dayHashRate: optionalDecimalField,
  hashUnit: optionalTextField,
  rejectRate: optionalDecimalField,
  lastShareTime: possibleInstantField,
  status: optionalTextField,
});

/** A mining machine, as `worker/query` lists it and `worker/get` details it. */
export function readWorker(item: JsonValue): Worker | Unreadable {
  const read = readItem(workerSchema, item);
  if (read instanceof Unreadable) return read;
  const { workerId, workerName, rejectRate, lastShareTime, status, hashUnit } = read.fields;
  const { realHashRate, hourHashRate, dayHashRate } = read.fields;
  const rates = ratesInHps({ rates: { realHashRate, hourHashRate, dayHashRate }, hashUnit });
  return {
    workerId: workerId as WorkerId,
    // A machine needs no name, since its id identifies it.
    workerName: workerName ?? '',
    realHps: rates.hps.realHashRate,
    hourHps: rates.hps.hourHashRate,
    dayHps: rates.hps.dayHashRate,
    hashUnit,
    rejectRate,
    lastShareAtMs: lastShareTime.atMs,
    status,
    extra: read.extra({
      ...rates.unconverted,
      ...(lastShareTime.unclear === null ? {} : { lastShareTime: lastShareTime.unclear }),
    }),
  };
}
