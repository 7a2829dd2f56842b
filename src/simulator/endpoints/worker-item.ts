import { formatJsonNumber, formatJsonObject, type JsonField } from '../http/json-text';
import type { Quirks } from '../quirks';
import type { SimWorker } from '../world/fleet';
import { formatEmpty, formatRate, servedUnit } from './income-item';

/** A machine as worker/query lists it. */
export function formatListedWorker(worker: SimWorker, quirks: Quirks): string {
  return formatFields(worker, quirks, []);
}

/** A machine as worker/get details it: with its status. */
export function formatWorkerDetails(worker: SimWorker, quirks: Quirks): string {
  return formatFields(worker, quirks, [['status', JSON.stringify(worker.status)]]);
}

function formatFields(worker: SimWorker, quirks: Quirks, more: readonly JsonField[]): string {
  if (worker.raw !== null) return worker.raw;
  const odd = worker.workerId % 2n === 1n;
  const rate = (value: string) => formatRate(value, worker.hashUnit, quirks, odd);
  const rejectForm = quirks.rejectRates === 'as-in-examples' ? 'string' : quirks.rejectRates;
  const fields: JsonField[] = [
    ['dayHashRate', rate(worker.dayHashRate)],
    ['hashUnit', JSON.stringify(servedUnit(worker.hashUnit, quirks))],
    ['hourHashRate', rate(worker.hourHashRate)],
    [
      'lastShareTime',
      worker.lastShareAtMs === null
        ? formatEmpty(quirks)
        : formatJsonNumber(String(worker.lastShareAtMs), quirks.times, odd),
    ],
    ['realHashRate', rate(worker.realHashRate)],
    ['rejectRate', formatJsonNumber(worker.rejectRate, rejectForm, odd)],
    ['workerId', formatJsonNumber(String(worker.workerId), quirks.ids, odd)],
    ['workerName', JSON.stringify(worker.workerName)],
    ...more,
  ];
  return formatJsonObject(fields, worker.extra);
}
