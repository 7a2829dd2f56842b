import type { PaceScope } from './buckets';

/** What this process learned about the scopes of keys under `auto`, until it is stored. */
export class ScopeReports {
  readonly #untold = new Map<string, PaceScope>();
  /** Scoped to the key by this process, and the pool may have meant something else. */
  readonly #suspected = new Set<string>();

  /** `scope` is the present one. True when there is something to store. */
  throttled(key: string, scope: PaceScope, isCertain: boolean): boolean {
    if (isCertain) this.#suspected.delete(key);
    if (scope === 'key' && !this.#untold.has(key)) return false;
    if (!isCertain && this.#untold.get(key) !== 'key') this.#suspected.add(key);
    this.#untold.set(key, 'key');
    return true;
  }

  /** True when there is something to store. */
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
