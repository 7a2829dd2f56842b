// Whether a scope that the pool refuses is still listed.
import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../../core/clock';
import type { Scope } from '../../domain/scope';
import type { ScopeStore } from '../ports/account-ports';
import type { ScopeListing } from './unlisted';

/** If the lists were read again without any change, they are not read again for this long. */
const FRUITLESS_PAUSE_MS = millisecondsInMinute;

/** Finds out from an account's own lists whether a scope is gone. One per account client. */
export class AccountScopeListing implements ScopeListing {
  private listing: Promise<void> | null = null;
  private nextListingAtMs = -Infinity;

  /** `list` reads the sub-accounts and the algorithms of the account, and stores them. */
  constructor(
    private readonly store: Pick<ScopeStore, 'isGone'>,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly list: (signal: AbortSignal) => Promise<void>,
  ) {}

  async isGone(scope: Scope, signal: AbortSignal): Promise<boolean> {
    if (scope.puid === null || scope.algo === null) return false;
    if (await this.store.isGone(scope)) return true;
    if (this.clock.monotonicMs() < this.nextListingAtMs) return false;
    this.listing ??= this.list(signal).finally(() => (this.listing = null));
    await this.listing;
    const isGone = await this.store.isGone(scope);
    if (!isGone) this.nextListingAtMs = this.clock.monotonicMs() + FRUITLESS_PAUSE_MS;
    return isGone;
  }
}
