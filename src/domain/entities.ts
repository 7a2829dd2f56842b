import type { DecimalText } from '../core/decimal';
import type { Puid, WorkerId } from './ids';

/** Three hashrates of one item, in H/s; null if the pool gave none, or gave an unknown unit (then `extra` has it). */
export interface HashRates {
  readonly realHps: DecimalText | null;
  readonly hourHps: DecimalText | null;
  readonly dayHps: DecimalText | null;
  /** As the API named it, e.g. `H` or `T`. */
  readonly hashUnit: string | null;
}

/** Fields of the API that we do not know, digit for digit, as the text of a JSON object; null when there are none. */
export type ExtraJson = string | null;

/** Source: `GET /v1/external/user/query`. */
export interface SubAccount extends HashRates {
  readonly puid: Puid;
  readonly pname: string;
  readonly defaultAlgo: string | null;
  readonly extra: ExtraJson;
}

/** `ACTIVE`, `INACTIVE`, `INVALID`, or any other value, as served. */
export type WorkerStatus = string;

/** Source: `GET /v1/external/worker/query`, `worker/get`. */
export interface Worker extends HashRates {
  readonly workerId: WorkerId;
  readonly workerName: string;
  /** As served, in percent by the specification. */
  readonly rejectRate: DecimalText | null;
  readonly lastShareAtMs: number | null;
  /** Only `worker/get` serves it. */
  readonly status: WorkerStatus | null;
  readonly extra: ExtraJson;
}

/** What `worker/query` can list. */
export type WorkerFilter = 'TOTAL' | 'ACTIVE' | 'INACTIVE' | 'INVALID';

/** Source: `GET /v1/external/sub-user/earn`. */
export interface SubAccountIncome {
  readonly puid: Puid;
  readonly pname: string | null;
  readonly amount: DecimalText;
}
