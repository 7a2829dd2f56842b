import type { DecimalText } from '../core/decimal';
import type { ExtraJson } from './entities';

/**
 * One item of income as served: a row of `earn/query` (`type` is null) or of `reward/query`. It has no id, and two can
 * be equal in every field.
 */
export interface IncomeRow {
  readonly currency: string;
  /** `MINING_EARN`, `UNITE_COIN_EARN`, `REWARD_EARN`, … or unknown, as served; null for an earning. */
  readonly type: string | null;
  /** The API's `miningDate`, ms since the epoch, exact. */
  readonly minedAtMs: number;
  /** Negative for a correction. At most 20 integer digits and 18 decimals. */
  readonly amount: DecimalText;
  /** H/s; null where none was served or the unit is unknown. */
  readonly hashRateHps: DecimalText | null;
  readonly hashUnit: string | null;
  /** As served, in percent by the specification; earnings only. */
  readonly rejectRate: DecimalText | null;
  /** `WAIT_SETTLE`, `SETTLED`, or unknown, as served. */
  readonly status: string;
  /** The API's `settleTime` as served, also on a pending row; null, absent and 0 mean none. */
  readonly settledAtMs: number | null;
  readonly extra: ExtraJson;
}

export const PENDING = 'WAIT_SETTLE';
export const SETTLED = 'SETTLED';
