import type { Brand } from '../core/brand';

/** Our number for one API key's owner: `pool.accounts.account_id` (smallint). */
export type AccountId = Brand<number, 'AccountId'>;
/** A sub-account's id as the pool gives it; up to 2^63 − 1. Unique within an account only. */
export type Puid = Brand<bigint, 'Puid'>;
/** A mining machine's id as the pool gives it; up to 2^63 − 1. Unique within an account, puid and algo only. */
export type WorkerId = Brand<bigint, 'WorkerId'>;

const MAX_ID = 2n ** 63n - 1n;
const ID_SYNTAX = /^\d{1,19}$/;

/** The id that `text` writes in decimal digits, or null when it is none between 0 and 2^63 − 1. */
export function findId(text: string): bigint | null {
  if (!ID_SYNTAX.test(text)) return null;
  const id = BigInt(text);
  return id <= MAX_ID ? id : null;
}
