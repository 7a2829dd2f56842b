import type { AccountId, Puid } from './ids';
import type { LedgerStream, Stream } from './streams';

/** What one sync works on. Null where the stream has no such part. */
export interface Scope {
  readonly stream: Stream;
  /** The account whose API key asks; a sub-account is identified by its puid alone. */
  readonly accountId: AccountId;
  readonly puid: Puid | null;
  readonly algo: string | null;
}

/** A scope with a sub-account and an algorithm. */
export interface MiningScope extends Scope {
  readonly puid: Puid;
  readonly algo: string;
}

export interface LedgerScope extends MiningScope {
  readonly stream: LedgerStream;
}

export interface FleetScope extends MiningScope {
  readonly stream: 'workers' | 'worker-details';
}
