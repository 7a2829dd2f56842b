import { Prisma } from '../generated/client';

/** Hash of the state of a staged inactive worker `s`: equal exactly if nothing about it has changed. */
export const INACTIVE_STATE_HASH = Prisma.sql`md5(row(s.status, trim_scale(s.real_hash_rate_hps),
  trim_scale(s.hour_hash_rate_hps), trim_scale(s.day_hash_rate_hps), trim_scale(s.reject_rate), s.last_share_at)::text)`;
