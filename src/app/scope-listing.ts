import type { Clock } from '../core/clock';
import type { Scope } from '../domain/scope';
import type { PrismaScopeStore } from '../store/scopes';
import type { ScopeListing } from '../sync/unlisted';

/** Lists that were read again and showed nothing new are not read again for this long, whatever is refused. */
const FRUITLESS_PAUSE_MS = 60_000;

/** Tells by one account's own lists whether a scope is gone. Lives as long as the account's client. */
export class AccountScopeListing implements ScopeListing {
  #listing: Promise<void> | null = null;
  #nextListingAtMs = -Infinity;

  /** `list` reads the sub-accounts and the algorithms of the account, and stores them. */
  constructor(
    private readonly store: Pick<PrismaScopeStore, 'isGone'>,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly list: (signal: AbortSignal) => Promise<void>,
  ) {}

  async isGone(scope: Scope, signal: AbortSignal): Promise<boolean> {
    if (scope.puid === null || scope.algo === null) return false;
    if (await this.store.isGone(scope)) return true;
    if (this.clock.monotonicMs() < this.#nextListingAtMs) return false;
    this.#listing ??= this.list(signal).finally(() => (this.#listing = null));
    await this.#listing;
    const isGone = await this.store.isGone(scope);
    if (!isGone) this.#nextListingAtMs = this.clock.monotonicMs() + FRUITLESS_PAUSE_MS;
    return isGone;
  }
}
