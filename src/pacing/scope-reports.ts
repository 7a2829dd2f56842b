import type { PaceScope } from './buckets';

/** What this process found out about the scopes of keys under `auto`, until the store has been told. */
export class ScopeReports {
  readonly #untold = new Map<string, PaceScope>();
  /** Scoped to the key by this process, and the pool may have meant something else. */
  readonly #suspected = new Set<string>();

  /** `scope`: as it is. True when there is something to tell. */
  throttled(key: string, scope: PaceScope, isCertain: boolean): boolean {
    if (isCertain) this.#suspected.delete(key);
    if (scope === 'key' && !this.#untold.has(key)) return false;
    if (!isCertain && this.#untold.get(key) !== 'key') this.#suspected.add(key);
    this.#untold.set(key, 'key');
    return true;
  }

  /** True when there is something to tell. */
  takeBack(key: string): boolean {
    const wasSuspected = this.#suspected.delete(key);
    if (wasSuspected) this.#untold.set(key, 'endpoint');
    return wasSuspected;
  }

  untold(): [string, PaceScope][] {
    return [...this.#untold];
  }

  /** Unless the opposite has been found since. */
  told(key: string, scope: PaceScope): void {
    if (this.#untold.get(key) === scope) this.#untold.delete(key);
  }

  forget(): void {
    this.#untold.clear();
  }
}
