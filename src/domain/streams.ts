/** Every kind of data that the pool serves, most valuable first: this is also the order of priority. */
export const STREAMS = [
  'algorithms',
  'sub-accounts',
  'earnings',
  'rewards',
  'account-income',
  'sub-account-income',
  'workers',
  'worker-details',
] as const;

export type Stream = (typeof STREAMS)[number];
/** The streams of money: kept for ever, revised, never deleted. */
export const LEDGER_STREAMS = ['earnings', 'rewards'] as const satisfies readonly Stream[];
export type LedgerStream = (typeof LEDGER_STREAMS)[number];

/** 1 is served first. Waiting requests are let through in this order (DESIGN §6, pacing). */
export function priorityOf(stream: Stream): number {
  return STREAMS.indexOf(stream) + 1;
}
