/** The bucket of the key as a whole, in place of an endpoint. */
export const WHOLE_KEY = '*';

/** One place that a permit holds. */
export interface HeldPlace {
  readonly key: string;
  readonly endpoint: string;
  readonly place: number;
  /** Which permit: a late answer must not free the place for someone else's request. Up to 2^63 − 1. */
  readonly grantId: string;
}

/** A place that is handed back: it rests for `restMs` from `ageMs` before the look was sent. */
export interface HandBack extends HeldPlace {
  readonly ageMs: number;
  readonly restMs: number;
}

/** A bucket that someone waits for. `count` 0 only asks for the outlook. */
export interface WantedBucket {
  readonly key: string;
  readonly endpoint: string;
  readonly count: number;
  /** How long the process has waited for it; the longest wait goes first. Negative for low priorities. */
  readonly waitMs: number;
}

/** Everything that a process asks of the store in one statement. */
export interface Look {
  readonly handBacks: readonly HandBack[];
  /** Keys that the pool throttled though every endpoint's own pace was kept. */
  readonly throttledKeys: readonly string[];
  /** Each bucket once. */
  readonly wanted: readonly WantedBucket[];
  /** How long this process has watched the store's clock. */
  readonly watchedMs: number;
}

export interface Grant extends HeldPlace {
  /** When the place may be used, by the store's clock: up to `AHEAD_MS` from the look. And how long it rests until then. */
  readonly usableAtMs: number;
  readonly restMs: number;
}

/** What a look says about a wanted bucket. */
export interface Outlook {
  /** Until its next place may be free, from the moment of the look; 0 when more places are free than were wanted. */
  readonly nextInMs: number;
  /** That place is in flight: its answer may already be on the way, and then it rests; look again after `nextInMs`. */
  readonly nextInFlight: boolean;
  /** The key is limited as a whole: the bucket of an endpoint is granted nothing, ask for `WHOLE_KEY`. */
  readonly turned: boolean;
}

export interface Sight {
  readonly grants: readonly Grant[];
  /** One for each wanted bucket, in their order. */
  readonly outlooks: readonly Outlook[];
  /** The store's clock at the look. */
  readonly databaseNowMs: number;
}

/** Where the places are kept: a PostgreSQL database, or a test's model of one. */
export interface PlaceStore {
  /** Atomic. May be repeated: a place is handed back once. */
  look(look: Look): Promise<Sight>;
  /** Forgets that these keys were throttled: each endpoint is paced on its own again. May be repeated. */
  forgetThrottled(keys: readonly string[]): Promise<void>;
}
