export type { CircuitEvent } from './account-circuit';
export type { PoolAttempt } from './attempt';
export type { PoolClient, PoolClientOptions } from './client';
export { createPoolClient } from './client';
export type { Timeouts } from './timeouts';
export { DEFAULT_TIMEOUTS } from './timeouts';
