import { subHours } from 'date-fns/subHours';
import { KpoolError } from '../core/errors';
import { guarded } from '../core/postgres/errors';
import type { SubAccount } from '../domain/entities';
import type { AccountId } from '../domain/ids';
import type { Listing } from '../domain/page';
import type { ListingCounts, ListingResult } from '../domain/row-counts';
import type { Scope } from '../domain/scope';
import { inTransaction, type Transaction } from './client';
import type { Prisma, PrismaClient } from './generated/client';
import { readInstant } from './instants';
import { advanceCursorFrom } from './cursors';
import { quarantineRows } from './quarantine';
import { lockAccount, lockByName } from './transaction-locks';
import { sampleSubAccounts, upsertSubAccounts } from './sub-account-rows';

/** A stub is a sub-account that only the totals name: no list has shown it. */
const IS_NOT_STUB: Prisma.SubAccountWhereInput = {
  OR: [{ removedAt: null }, { defaultAlgo: { not: null } }],
};

function isConfirmed(missing: readonly string[], confirmed: ReadonlySet<string>): boolean {
  return missing.every((key) => confirmed.has(key));
}

function countListing(
  written: readonly { inserted: boolean }[],
  listed: number,
  rest: { removed: number; quarantined: number },
): ListingCounts {
  const inserted = written.filter((row) => row.inserted).length;
  return { inserted, changed: written.length - inserted, unchanged: listed - written.length, ...rest };
}

/** Algorithms and sub-accounts: those that the pool lists now, and those that it listed before. */
export class PrismaCatalogStore {
  constructor(private readonly client: PrismaClient) {}

  async storeAlgorithms(
    scope: Scope,
    version: bigint,
    listing: Listing<string>,
    confirmedMissing: ReadonlySet<string>,
  ): Promise<ListingResult> {
    const { accountId } = scope;
    const algos = [...new Set(listing.rows)];
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockAccount(tx, accountId);
        const now = await readInstant(tx);
        const known = await tx.algorithm.findMany({ where: { accountId } });
        const { added, restored, missing } = compareAlgorithms(known, algos, listing.unreadable.length === 0);
        if (!isConfirmed(missing, confirmedMissing))
          return { outcome: 'unconfirmed', missing: new Set(missing) };
        await advanceCursorFrom(tx, scope, version);
        await tx.algorithm.createMany({ data: added.map((algo) => ({ accountId, algo })) });
        await tx.algorithm.updateMany({
          where: { accountId, algo: { in: [...restored] } },
          data: { removedAt: null, lastSeenAt: now },
        });
        await tx.algorithm.updateMany({
          where: { accountId, algo: { in: [...missing] } },
          data: { removedAt: now },
        });
        await clearFailures(tx, { subAccount: { accountId }, algo: { in: [...missing] } });
        await touchAccount(tx, accountId, now);
        await tx.algorithm.updateMany({ where: seenLongAgo(accountId, now), data: { lastSeenAt: now } });
        const quarantined = await quarantineRows(tx, scope, listing.unreadable);
        return {
          outcome: 'stored',
          counts: {
            inserted: added.length,
            changed: restored.length,
            unchanged: algos.length - added.length - restored.length,
            removed: missing.length,
            quarantined,
          },
        };
      }),
    );
  }

  async storeSubAccounts(
    scope: Scope,
    version: bigint,
    listing: Listing<SubAccount>,
    confirmedMissing: ReadonlySet<string>,
  ): Promise<ListingResult> {
    const { accountId } = scope;
    const byPuid = new Map(listing.rows.map((row) => [String(row.puid), row]));
    const served = [...byPuid.values()];
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        // One lock for all accounts: otherwise two keys of one user that are listed at the same moment would not see
        // each other.
        await lockByName(tx, 'sub_accounts');
        await lockAccount(tx, accountId);
        const others = await findOthers(tx, accountId, served);
        const listed = served.filter((row) => !others.some(({ puid }) => puid === row.puid));
        const stop = await findStopReason(tx, accountId, { served, listed, others });
        if (stop !== null) throw stop;
        const now = await readInstant(tx);
        const known = await tx.subAccount.findMany({
          where: { accountId, removedAt: null },
          select: { puid: true },
        });
        const missing =
          listing.unreadable.length > 0
            ? []
            : known.map(({ puid }) => puid).filter((puid) => !byPuid.has(String(puid)));
        if (!isConfirmed(missing.map(String), confirmedMissing))
          return { outcome: 'unconfirmed', missing: new Set(missing.map(String)) };
        await advanceCursorFrom(tx, scope, version);
        await leaveOut(tx, accountId, others, now);
        const written = await upsertSubAccounts(tx, accountId, listed);
        await tx.subAccount.updateMany({
          where: { accountId, puid: { in: missing } },
          data: { removedAt: now },
        });
        await clearFailures(tx, { subAccount: { accountId }, puid: { in: missing } });
        await touchAccount(tx, accountId, now);
        await tx.subAccount.updateMany({ where: seenLongAgo(accountId, now), data: { lastSeenAt: now } });
        await sampleSubAccounts(tx, listed);
        const quarantined = await quarantineRows(tx, scope, listing.unreadable);
        return {
          outcome: 'stored',
          counts: countListing(written, served.length, { removed: missing.length, quarantined }),
        };
      }),
    );
  }
}

/** What a list changes. Without all of its rows (`isComplete`) none counts as missing. */
function compareAlgorithms(
  known: readonly { readonly algo: string; readonly removedAt: Date | null }[],
  listed: readonly string[],
  isComplete: boolean,
): Record<'added' | 'restored' | 'missing', readonly string[]> {
  const present = new Set(known.filter(({ removedAt }) => removedAt === null).map(({ algo }) => algo));
  const removed = new Set(known.filter(({ removedAt }) => removedAt !== null).map(({ algo }) => algo));
  return {
    added: listed.filter((algo) => !present.has(algo) && !removed.has(algo)),
    restored: listed.filter((algo) => removed.has(algo)),
    missing: isComplete ? [...present].filter((algo) => !listed.includes(algo)) : [],
  };
}

/** A sub-account that another account showed first. */
interface Other {
  readonly puid: bigint;
  readonly pname: string;
  readonly accountName: string;
}

/** Those among `served` that belong to other accounts. A stub belongs to the first account that lists it. */
async function findOthers(
  tx: Transaction,
  accountId: AccountId,
  served: readonly SubAccount[],
): Promise<readonly Other[]> {
  const rows = await tx.subAccount.findMany({
    where: { puid: { in: served.map(({ puid }) => puid) }, accountId: { not: accountId }, ...IS_NOT_STUB },
    select: { puid: true, pname: true, account: { select: { accountName: true } } },
    orderBy: { puid: 'asc' },
  });
  return rows.map(({ puid, pname, account }) => ({ puid, pname, accountName: account.accountName }));
}

/** Records what is left out of this account because it belongs to others. */
async function leaveOut(
  tx: Transaction,
  accountId: AccountId,
  others: readonly Other[],
  now: Date,
): Promise<void> {
  const puids = others.map(({ puid }) => puid);
  await tx.leftOutSubAccount.deleteMany({ where: { accountId, puid: { notIn: puids } } });
  await tx.leftOutSubAccount.updateMany({ where: { accountId }, data: { lastSeenAt: now } });
  await tx.leftOutSubAccount.createMany({
    data: puids.map((puid) => ({ accountId, puid, lastSeenAt: now })),
    skipDuplicates: true,
  });
}

/** Why the account has to stop: the key shows only what other accounts have, or now belongs to another user. */
async function findStopReason(
  tx: Transaction,
  accountId: AccountId,
  {
    served,
    listed,
    others,
  }: {
    readonly served: readonly SubAccount[];
    readonly listed: readonly SubAccount[];
    readonly others: readonly Other[];
  },
): Promise<KpoolError | null> {
  const [first] = others;
  if (first !== undefined && listed.length === 0) {
    return new KpoolError(
      'account.duplicate',
      `This API key shows the sub-account ${first.pname} that the account ${first.accountName} already has, and none of its own.`,
      {
        hint: 'Keep one API key per pool user: remove this account. If the account was renamed, give it its old name again, or give it the sub-accounts: kpool accounts move.',
      },
    );
  }
  const puids = new Set<bigint>(served.map(({ puid }) => puid));
  if (served.length === 0) return null;
  // A stub proves nothing: it may have been named by the other user's key.
  const known = await tx.subAccount.findMany({
    where: { accountId, ...IS_NOT_STUB },
    select: { puid: true },
  });
  if (known.length === 0 || known.some(({ puid }) => puids.has(puid))) return null;
  return new KpoolError(
    'account.changed',
    'This API key shows none of the sub-accounts that the account had: it seems to belong to another user.',
    {
      hint: 'Give the other user an account name of its own (KUCOIN_POOL_ACCOUNT_NAME), or restore the key.',
    },
  );
}

/** A scope that is gone does not count as failing: it may never be asked for again, and so never succeed. */
async function clearFailures(tx: Transaction, gone: Prisma.CursorWhereInput): Promise<void> {
  await tx.cursor.updateMany({
    where: { ...gone, consecutiveFailures: { gt: 0 } },
    data: { consecutiveFailures: 0 },
  });
}

async function touchAccount(tx: Transaction, accountId: AccountId, now: Date): Promise<void> {
  await tx.account.update({ where: { accountId }, data: { lastSeenAt: now } });
}

/** Listed rows whose `last_seen_at` is due: it moves once an hour, to spare a row version per listing. */
function seenLongAgo(accountId: AccountId, now: Date) {
  return { accountId, removedAt: null, lastSeenAt: { lt: subHours(now, 1) } };
}
