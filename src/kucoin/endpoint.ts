import type { PoolEndpoint } from '../core/pool-endpoint';
import type { JsonValue } from './json';
import type { Params } from './signing';

/** What an endpoint's reader knows beyond the data. */
export interface ReadContext<Query> {
  readonly query: Query;
  /** The pool's clock, ms since the epoch, by which "in the future" is judged. */
  readonly poolNowMs: number;
  /** When the answer was complete, by the host's clock, ms since the epoch. */
  readonly answeredAtMs: number;
}

/** One endpoint of the pool: how it is asked, and how the `data` of a successful answer is read. */
export interface Endpoint<Query, Answer> {
  readonly name: PoolEndpoint;
  params(query: Query): Params;
  /** Throws `pool.malformed` when the data as a whole is not as documented; a bad item becomes an unreadable row. */
  read(data: JsonValue | undefined, context: ReadContext<Query>): Answer;
}
