import type { PoolEndpoint } from '../core/pool-endpoint';
import type { JsonValue } from './json';
import type { Params } from './signing';

/** What the reader of an answer may use besides its data. */
export interface ReadContext<Query> {
  readonly query: Query;
  /** The pool's clock, ms since the epoch, which defines "in the future". */
  readonly poolNowMs: number;
  /** When the answer was complete, by the host's clock, ms since the epoch. */
  readonly answeredAtMs: number;
}

/** One endpoint of the pool: how it is requested, and how the `data` of a successful answer is read. */
export interface Endpoint<Query, Answer> {
  readonly name: PoolEndpoint;
  params(query: Query): Params;
  /** Throws `pool.malformed` if the data as a whole are not as documented; a bad item becomes an unreadable row. */
  read(data: JsonValue | undefined, context: ReadContext<Query>): Answer;
}
