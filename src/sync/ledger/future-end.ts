import { DAY_MS } from '../../core/day';

/** How long a refused end is remembered: if the refusal was an accident, rows dated ahead must show up again. */
const REMEMBERED_MS = DAY_MS;

/** Whether the pool refuses an end in the future; shared by all scopes of an account. */
export class FutureEnd {
  private refusedAtMs = -Infinity;

  isRefused(nowMs: number): boolean {
    return nowMs - this.refusedAtMs < REMEMBERED_MS;
  }

  noteRefused(nowMs: number): void {
    this.refusedAtMs = nowMs;
  }
}
