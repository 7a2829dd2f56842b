import type { Brand } from '../core/brand';

/** Our number for an account: `pool.accounts.account_id` (smallint). */
export type AccountId = Brand<number, 'AccountId'>;
/** The pool's id of a sub-account, up to 2^63 − 1. */
export type Puid = Brand<bigint, 'Puid'>;
/** The pool's id of a mining machine, up to 2^63 − 1; unique within a puid and algo. */
export type WorkerId = Brand<bigint, 'WorkerId'>;

const MAX_ID = 2n ** 63n - 1n;
const ID_SYNTAX = /^\d{1,19}$/;

/** Parses an id in decimal digits; null unless it is between 0 and 2^63 − 1. */
export function findId(text: string): bigint | null {
  if (!ID_SYNTAX.test(text)) return null;
  const id = BigInt(text);
  return id <= MAX_ID ? id : null;
}
