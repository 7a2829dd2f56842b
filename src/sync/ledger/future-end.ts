import { DAY_MS } from '../../domain/windows';

/** How long a refused end is remembered: if that was a mishap, rows dated ahead must show again. */
const REMEMBERED_MS = DAY_MS;

/** Whether the pool refuses to be asked for an end in the future; one for all scopes of an account. */
export class FutureEnd {
  private refusedAtMs = -Infinity;

  isRefused(nowMs: number): boolean {
    return nowMs - this.refusedAtMs < REMEMBERED_MS;
  }

  noteRefused(nowMs: number): void {
    this.refusedAtMs = nowMs;
  }
}
