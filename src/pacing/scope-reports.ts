import type { PaceScope } from './buckets';

/** What this process learned about the scopes of keys under `auto`, until it is stored. */
export class ScopeReports {
  readonly #unsent = new Map<string, PaceScope>();
  /** Keys that this process scoped on reports that may mean something else. */
  readonly #suspected = new Set<string>();

  /** `scope` is the present one. True when there is something to store. */
  throttled(key: string, scope: PaceScope, isCertain: boolean): boolean {
    if (isCertain) this.#suspected.delete(key);
    if (scope === 'key' && !this.#unsent.has(key)) return false;
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

  unsent(): [string, PaceScope][] {
    return [...this.#unsent];
  }

  /** The store knows `scope` now; a report for the opposite may have come since, and stays. */
  sent(key: string, scope: PaceScope): void {
    if (this.#unsent.get(key) === scope) this.#unsent.delete(key);
  }

  forget(): void {
    this.#unsent.clear();
  }
}
