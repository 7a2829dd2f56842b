/** Paths of the pool's API below `/v1/external/`; also the names of endpoints in permits, metrics and messages. */
export type PoolEndpoint =
  | 'algo/query'
  | 'user/query'
  | 'worker/query'
  | 'worker/get'
  | 'earn/query'
  | 'reward/query'
  | 'user/earn'
  | 'sub-user/earn';
