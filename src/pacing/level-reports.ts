import type { PaceLevel } from './buckets';

/** What this process learned about the levels of keys under `auto`, until it is stored. */
export class LevelReports {
  readonly #unsent = new Map<string, PaceLevel>();
  /** Keys that this process scoped on reports that may mean something else. */
  readonly #suspected = new Set<string>();

  /** `level` is the present one. True when there is something to store. */
  throttled(key: string, level: PaceLevel, isCertain: boolean): boolean {
    if (isCertain) this.#suspected.delete(key);
    if (level === 'key' && !this.#unsent.has(key)) return false;
    if (!isCertain && this.#unsent.get(key) !== 'key') this.#suspected.add(key);
    this.#unsent.set(key, 'key');
    return true;
  }

  /** True when there is something to store. */
  retract(key: string): boolean {
    const wasSuspected = this.#suspected.delete(key);
    if (wasSuspected) this.#unsent.set(key, 'endpoint');
    return wasSuspected;
  }

  unsent(): [string, PaceLevel][] {
    return [...this.#unsent];
  }

  /** The store knows `level` now; a report for the opposite may have come since, and stays. */
  sent(key: string, level: PaceLevel): void {
    if (this.#unsent.get(key) === level) this.#unsent.delete(key);
  }

  forget(): void {
    this.#unsent.clear();
  }
}
