import { z } from 'zod';

/** Responses of `/api/v1/…`. Amounts are exact decimal strings, rates in H/s, shares 0 to 1, reject rates in percent. */
const amount = z.string().describe('Exact decimal string');
const instant = z.iso.datetime();
const day = z.iso.date();
const hps = z.number().describe('H/s');

export const PROBLEM_REPLY = z.object({ error: z.string(), message: z.string() });

const BACKFILL = z.object({
  lists: z.number(),
  complete: z.number(),
  rows: z.number(),
  poolRows: z.number().nullable(),
  rowsPerMinute: z.number(),
  remainingMs: z.number().nullable(),
});
const REQUESTS = z.object({ lastHour: z.number(), perMinute: z.array(z.number()) });

export const OVERVIEW = z.object({
  problems: z.array(
    z.object({
      kind: z.string(),
      severity: z.enum(['critical', 'warning', 'progress']),
      account: z.string().nullable(),
      what: z.string(),
      cause: z.string().nullable(),
      fix: z.string(),
    }),
  ),
  backfill: BACKFILL,
  income: z.array(
    z.object({
      currency: z.string(),
      yesterday: amount,
      week: amount,
      month: amount,
      settled: amount,
      pending: amount,
      days: z.array(z.number()),
    }),
  ),
  hashrate: z.array(
    z.object({
      algo: z.string(),
      now: hps,
      weekMean: hps.nullable(),
      active: z.number(),
      inactive: z.number(),
      invalid: z.number(),
      hours: z.array(hps.nullable()),
    }),
  ),
  requests: REQUESTS,
  allowedPerHour: z.number().nullable(),
  needingAttention: z.number(),
});

export const INCOME = z.object({
  from: day,
  to: day,
  by: z.enum(['day', 'month']),
  zone: z.string(),
  points: z.array(
    z.object({ start: day, currency: z.string(), settled: amount, pending: amount, total: amount }),
  ),
  bySubAccount: z
    .object({
      currency: z.string(),
      points: z.array(
        z.object({
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
  league: z.array(
    z.object({
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
  months: z.array(
    z.object({
      month: z.string(),
      state: z.enum(['closed', 'reopened', 'open', 'running']),
      at: instant.nullable(),
      note: z.string().nullable(),
      currencies: z.array(z.string()),
    }),
  ),
  reconciliation: z.array(
    z.object({
      account: z.string(),
      subAccount: z.string().nullable(),
      puid: z.string().nullable(),
      currency: z.string(),
      observedAt: instant.nullable(),
      poolTotal: amount.nullable(),
      ledgerSettled: amount,
      ledgerPending: amount,
      difference: amount.nullable(),
      verdict: z.string(),
      definition: z.string().nullable(),
      reason: z.string().nullable(),
      uncertified: z.string().nullable(),
    }),
  ),
});

const GROUP = z.object({
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

export const FLEET = z.object({
  from: day,
  to: day,
  zone: z.string(),
  isByHour: z.boolean(),
  series: z.array(
    z.object({
      at: instant,
      algo: z.string(),
      hps,
      active: z.number(),
      inactive: z.number(),
      invalid: z.number(),
    }),
  ),
  rejects: z.array(
    z.object({ day, algo: z.string(), mean: z.number().nullable(), p90: z.number().nullable() }),
  ),
  fleets: z.array(GROUP),
  prefixes: z.array(GROUP),
  attention: z.object({
    count: z.number(),
    machines: z.array(
      z.object({
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
});

export const MACHINE_KEY = z.object({
  puid: z.string().regex(/^\d{1,18}$/),
  algo: z.string().max(100),
  workerId: z.string().regex(/^\d{1,18}$/),
});

export const MACHINE_REPLY = z.object({
  machine: z.object({
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
  hours: z.array(z.object({ at: instant, hps: hps.nullable(), uptime: z.number().nullable() })),
  days: z.array(
    z.object({
      day,
      hps: hps.nullable(),
      lowestHps: hps.nullable(),
      highestHps: hps.nullable(),
      uptime: z.number().nullable(),
      rejectRate: z.number().nullable(),
    }),
  ),
});

export const SYNC = z.object({
  streams: z.array(
    z.object({
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
  runs: z.array(
    z.object({
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
  heat: z.array(
    z.object({
      account: z.string(),
      subAccount: z.string(),
      puid: z.string(),
      algo: z.string(),
      stream: z.string(),
      spans: z.array(z.object({ from: day.nullable(), to: day.nullable(), state: z.string() })),
    }),
  ),
  quarantine: z.array(
    z.object({
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
});
