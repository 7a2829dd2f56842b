import { numberText, objectText, type JsonField } from '../http/json-text';
import type { Quirks } from '../quirks';
import type { SimWorker } from '../world/fleet';
import { emptyText, rateText, servedUnit } from './income-item';

/** A machine as worker/query lists it; worker/get adds the status. */
export function workerText(worker: SimWorker, quirks: Quirks, withStatus: boolean): string {
  if (worker.raw !== null) return worker.raw;
  const odd = worker.workerId % 2n === 1n;
  const rate = (value: string) => rateText(value, worker.hashUnit, quirks, odd);
  const rejectForm = quirks.rejectRates === 'as-in-examples' ? 'string' : quirks.rejectRates;
  const fields: JsonField[] = [
    ['dayHashRate', rate(worker.dayHashRate)],
    ['hashUnit', JSON.stringify(servedUnit(worker.hashUnit, quirks))],
    ['hourHashRate', rate(worker.hourHashRate)],
    [
      'lastShareTime',
      worker.lastShareAtMs === null
        ? emptyText(quirks)
        : numberText(String(worker.lastShareAtMs), quirks.times, odd),
    ],
    ['realHashRate', rate(worker.realHashRate)],
    ['rejectRate', numberText(worker.rejectRate, rejectForm, odd)],
    ['workerId', numberText(String(worker.workerId), quirks.ids, odd)],
    ['workerName', JSON.stringify(worker.workerName)],
    ['status', withStatus ? JSON.stringify(worker.status) : undefined],
  ];
  return objectText(fields, worker.extra);
}
