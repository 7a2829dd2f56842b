import type { SimFleet } from './fleet';
import type { IncomePlan, RowDraft } from './income-plan';
import { SimLedger } from './ledger';
import type { SimIncome, SimLedgerStream, SimScopeKey } from './sim-income';
import { createRow } from './new-income';

/** The pool's data on one account × sub-account × algorithm. */
export class SimScope {
  readonly ledgers: Record<SimLedgerStream, SimLedger> = {
    earnings: new SimLedger(),
    rewards: new SimLedger(),
  };
  private nextDay: number;

  constructor(
    readonly key: SimScopeKey,
    readonly plan: IncomePlan | null,
    readonly fleet: SimFleet,
  ) {
    this.nextDay = plan?.firstDay ?? 0;
  }

  /** Publishes and settles the income that is due. */
  live(nowMs: number, nextSerial: () => number): void {
    this.publish(nowMs, nextSerial);
    this.ledgers.earnings.settleUntil(nowMs);
    this.ledgers.rewards.settleUntil(nowMs);
  }

  /** When time next changes the ledgers; Infinity: never. */
  nextChangeMs(): number {
    return Math.min(
      this.plan?.publishedAtMs(this.nextDay) ?? Infinity,
      this.ledgers.earnings.nextSettlementMs(),
      this.ledgers.rewards.nextSettlementMs(),
    );
  }

  private publish(nowMs: number, nextSerial: () => number): void {
    if (this.plan === null) return;
    const added: Record<SimLedgerStream, SimIncome[]> = { earnings: [], rewards: [] };
    while (this.plan.publishedAtMs(this.nextDay) <= nowMs) {
      for (const draft of this.plan.draftsOf(this.nextDay)) {
        added[draft.stream].push(this.rowOf(draft, nowMs, nextSerial()));
      }
      this.nextDay += 1;
    }
    if (added.earnings.length > 0) this.ledgers.earnings.add(added.earnings);
    if (added.rewards.length > 0) this.ledgers.rewards.add(added.rewards);
  }

  private rowOf(draft: RowDraft, nowMs: number, serial: number): SimIncome {
    const settled = draft.settlesAtMs <= nowMs;
    return createRow(
      { stream: draft.stream, scope: this.key, serial, raw: null },
      settled
        ? { ...draft, status: 'SETTLED', settledAtMs: draft.settlesAtMs, settlesAtMs: undefined }
        : { ...draft, status: 'WAIT_SETTLE' },
    );
  }
}
