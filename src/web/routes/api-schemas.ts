import { z } from 'zod';
import type { PageFrame } from '../../report/page/filter';
import type { FleetData, IncomeData, MachineData, OverviewData, SyncData } from '../../report/page/page-data';
import { PROBLEM_KINDS, type PublicProblem } from '../../report/wellness/problem';

/**
 * Responses of `/api/v1/…`: the data of the pages (`report/page/page-data.ts`). Amounts are exact decimal strings, rates in
 * H/s, shares 0 to 1, reject rates in percent. The compiler checks that every field here is read (`api.ts`) and that
 * every field that is read is here (`satisfies`).
 */
const amount = z.string().describe('Exact decimal string');
const instant = z.date();
const day = z.iso.date();
const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const hps = z.number().describe('H/s');

export const PROBLEM_REPLY = z.strictObject({ error: z.string(), message: z.string() });

const BACKFILL = z.strictObject({
  lists: z.number(),
  complete: z.number(),
  rows: z.number(),
  poolRows: z.number().nullable(),
  rowsPerMinute: z.number(),
  remainingMs: z.number().nullable(),
});
const REQUESTS = z.strictObject({ lastHour: z.number(), perMinute: list(z.number()) });

export const OVERVIEW = z.strictObject({
  problems: list(
    z.strictObject({
      kind: z.enum(PROBLEM_KINDS),
      severity: z.enum(['critical', 'warning', 'progress']),
      account: z.string().nullable(),
      what: z.string(),
      cause: z.string().nullable(),
      fix: z.string(),
    }),
  ),
  backfill: BACKFILL,
  income: list(
    z.strictObject({
      currency: z.string(),
      yesterday: amount,
      week: amount,
      month: amount,
      settled: amount,
      pending: amount,
      days: list(z.number()),
    }),
  ),
  hashrate: list(
    z.strictObject({
      algo: z.string(),
      now: hps,
      weekMean: hps.nullable(),
      active: z.number(),
      inactive: z.number(),
      invalid: z.number(),
      hours: list(hps.nullable()),
    }),
  ),
  requests: REQUESTS,
  allowedPerHour: z.number().nullable(),
  needingAttention: z.number(),
}) satisfies z.ZodType<Omit<OverviewData, 'problems'> & { readonly problems: readonly PublicProblem[] }>;

export const INCOME = z.strictObject({
  from: day,
  to: day,
  by: z.enum(['day', 'month']),
  zone: z.string(),
  points: list(
    z.strictObject({ start: day, currency: z.string(), settled: amount, pending: amount, total: amount }),
  ),
  bySubAccount: z
    .strictObject({
      currency: z.string(),
      points: list(
        z.strictObject({
          start: day,
          puid: z.string().nullable(),
          subAccount: z.string().nullable(),
          total: amount,
        }),
      ),
    })
    .nullable()
    .describe(
      'The main currency by sub-account; puid and subAccount are null for the sum of the smaller ones',
    ),
  league: list(
    z.strictObject({
      account: z.string(),
      subAccount: z.string(),
      puid: z.string(),
      currency: z.string(),
      settled: amount,
      pending: amount,
      total: amount,
      share: z.number().nullable(),
    }),
  ),
  months: list(
    z.strictObject({
      month: z.string(),
      state: z.enum(['closed', 'reopened', 'open', 'running']),
      at: instant.nullable(),
      note: z.string().nullable(),
      currencies: list(z.string()),
    }),
  ),
  reconciliation: list(
    z.strictObject({
      account: z.string(),
      subAccount: z.string().nullable(),
      puid: z.string().nullable(),
      currency: z.string(),
      observedAt: instant.nullable(),
      poolTotal: amount.nullable(),
      ledgerSettled: amount,
      ledgerPending: amount,
      difference: amount.nullable(),
      verdict: z.enum(['matches', "matches to the pool's digits", 'differs', 'not comparable']),
      definition: z.string().nullable(),
      reason: z.string().nullable(),
      alsoFits: z.string().nullable(),
      provenOn: day.nullable(),
      uncertified: z.string().nullable(),
    }),
  ),
}) satisfies z.ZodType<Pick<PageFrame, 'from' | 'to' | 'by' | 'zone'> & IncomeData>;

const GROUP = z.strictObject({
  account: z.string(),
  subAccount: z.string(),
  puid: z.string(),
  algo: z.string(),
  prefix: z.string().nullable(),
  machines: z.number(),
  active: z.number(),
  hps,
  uptime: z.number().nullable(),
  rejectRate: z.number().nullable(),
});

export const FLEET = z.strictObject({
  from: day,
  to: day,
  zone: z.string(),
  isByHour: z.boolean(),
  series: list(
    z.strictObject({
      at: instant,
      algo: z.string(),
      hps,
      active: z.number(),
      inactive: z.number(),
      invalid: z.number(),
    }),
  ),
  rejects: list(
    z.strictObject({ day, algo: z.string(), mean: z.number().nullable(), p90: z.number().nullable() }),
  ),
  fleets: list(GROUP),
  prefixes: list(GROUP),
  attention: z.strictObject({
    count: z.number(),
    machines: list(
      z.strictObject({
        account: z.string(),
        subAccount: z.string(),
        puid: z.string(),
        algo: z.string(),
        workerId: z.string(),
        name: z.string(),
        reasons: z.string(),
        status: z.string().nullable(),
        hps: hps.nullable(),
        usualHps: hps.nullable(),
        lostHps: hps.nullable(),
        uptime: z.number().nullable(),
        rejectRate: z.number().nullable(),
        lastShareAt: instant.nullable(),
      }),
    ),
  }),
}) satisfies z.ZodType<Pick<PageFrame, 'from' | 'to' | 'zone'> & FleetData>;

export const MACHINE_KEY = z.object({
  puid: z.string().regex(/^\d{1,18}$/),
  algo: z.string().max(100),
  workerId: z.string().regex(/^\d{1,18}$/),
});

export const MACHINE_REPLY = z.strictObject({
  machine: z.strictObject({
    account: z.string(),
    subAccount: z.string(),
    puid: z.string(),
    algo: z.string(),
    workerId: z.string(),
    name: z.string(),
    status: z.string().nullable(),
    realHps: hps.nullable(),
    hourHps: hps.nullable(),
    dayHps: hps.nullable(),
    usualHps: hps.nullable(),
    uptime: z.number().nullable(),
    rejectRate: z.number().nullable(),
    lastShareAt: instant.nullable(),
    firstSeenAt: instant,
    lastSeenAt: instant,
    removedAt: instant.nullable(),
    reasons: z.string().nullable(),
  }),
  hours: list(z.strictObject({ at: instant, hps: hps.nullable(), uptime: z.number().nullable() })),
  days: list(
    z.strictObject({
      day,
      hps: hps.nullable(),
      lowestHps: hps.nullable(),
      highestHps: hps.nullable(),
      uptime: z.number().nullable(),
      rejectRate: z.number().nullable(),
    }),
  ),
}) satisfies z.ZodType<MachineData>;

export const SYNC = z.strictObject({
  streams: list(
    z.strictObject({
      account: z.string(),
      stream: z.string(),
      state: z.string(),
      lastSuccessAt: instant.nullable(),
      nextAt: instant.nullable(),
      everyMs: z.number(),
      scopes: z.number(),
      failingScopes: z.number(),
      lastError: z.string().nullable(),
      openQuarantine: z.number(),
      rowsInDoubt: z.number(),
      degradedRows: z.number(),
      unservedRows: z.number(),
      unknownValues: z.string().nullable(),
    }),
  ),
  runs: list(
    z.strictObject({
      account: z.string(),
      stream: z.string(),
      subAccount: z.string().nullable(),
      algo: z.string().nullable(),
      trigger: z.string(),
      startedAt: instant,
      finishedAt: instant.nullable(),
      outcome: z.string().nullable(),
      requests: z.number(),
      read: z.number(),
      inserted: z.number(),
      changed: z.number(),
      withdrawn: z.number(),
      quarantined: z.number(),
      error: z.string().nullable(),
    }),
  ),
  heat: list(
    z.strictObject({
      account: z.string(),
      subAccount: z.string(),
      puid: z.string(),
      algo: z.string(),
      stream: z.string(),
      spans: list(z.strictObject({ from: day.nullable(), to: day.nullable(), state: z.string() })),
    }),
  ),
  quarantine: list(
    z.strictObject({
      number: z.string(),
      account: z.string(),
      stream: z.string(),
      reason: z.string(),
      firstSeenAt: instant,
    }),
  ),
  backfill: BACKFILL,
  requests: REQUESTS,
  allowedPerHour: z.number().nullable(),
}) satisfies z.ZodType<Omit<SyncData, 'names'>>;
