import type { Bench } from './figure';
import { withLargeDatabase } from './large-data';
import { timeQuestions, type Question } from './timed-questions';

/**
 * Questions about all history are answered from totals maintained with the ledger; those without a limit read
 * everything.
 */
const QUESTIONS: readonly Question[] = [
  {
    what: 'a month of one account, by day',
    limitMs: 300,
    query: `SELECT * FROM report.daily_income WHERE account_name = 'main' AND day BETWEEN '2026-10-01' AND '2026-10-31'`,
  },
  {
    what: 'a year by month and currency',
    limitMs: 300,
    query: `SELECT month, currency, sum(total), sum(paid) FROM report.monthly_income WHERE month > '2025-10-01' GROUP BY 1, 2`,
    plainQuery: `SELECT date_trunc('month', mining_date), currency, sum(amount) FROM pool.earnings WHERE mining_date > '2025-10-01' GROUP BY 1, 2`,
  },
  {
    what: "one sub-account's ledger",
    limitMs: 300,
    query: `SELECT * FROM report.income_ledger WHERE sub_account = 'farm 7'`,
  },
  { what: 'unsettled income', limitMs: 300, query: 'SELECT * FROM report.unsettled_income' },
  { what: 'reconciliation', limitMs: 300, query: 'SELECT * FROM report.reconciliation' },
  {
    what: 'reconciliation of the accounts',
    limitMs: 300,
    query: 'SELECT * FROM report.account_reconciliation',
  },
  { what: 'freshness', limitMs: 300, query: 'SELECT * FROM report.data_freshness' },
  { what: 'completeness', limitMs: 300, query: 'SELECT * FROM report.completeness' },
  { what: 'opening daily income', limitMs: 500, query: 'SELECT * FROM report.daily_income LIMIT 2000' },
  {
    what: 'the newest 100 of daily income',
    limitMs: 500,
    query: 'SELECT * FROM report.daily_income ORDER BY day DESC LIMIT 100',
  },
  {
    what: 'months of another time zone',
    limitMs: 500,
    query: `SELECT * FROM report.monthly_income_in('America/New_York')`,
  },
  { what: 'missing days', limitMs: 500, query: 'SELECT * FROM report.missing_days' },
  { what: 'efficiency, counted', limitMs: 500, query: 'SELECT count(*) FROM report.income_efficiency' },
  { what: 'settlement delay', limitMs: 500, query: 'SELECT * FROM report.settlement_delay' },
  {
    what: 'the newest 100 changes',
    limitMs: 500,
    query: 'SELECT * FROM report.changes ORDER BY known_at DESC LIMIT 100',
  },
  {
    what: 'a year by day and currency',
    limitMs: null,
    query: `SELECT day, currency, sum(total) FROM report.daily_income WHERE day > '2025-11-21' GROUP BY 1, 2`,
  },
  {
    what: 'the whole ledger added up',
    limitMs: null,
    query: 'SELECT currency, sum(amount) FROM report.income_ledger GROUP BY 1',
  },
  {
    what: 'the whole ledger as of now, added up',
    limitMs: null,
    query: 'SELECT currency, sum(amount) FROM report.income_as_of(now()) GROUP BY 1',
  },
  {
    what: 'days where both lists differ',
    limitMs: null,
    query: 'SELECT * FROM report.income_overlap WHERE differs_in IS NOT NULL',
  },
  {
    what: 'efficiency of a month',
    limitMs: null,
    query: `SELECT * FROM report.income_efficiency WHERE mining_date > '2026-10-31'`,
  },
];

export const reports: Bench = {
  name: 'reports',
  title: 'How fast the reports on income open, over 1.46 million ledger rows',
  minutes: 20,
  run: (log) => withLargeDatabase(log, (url) => timeQuestions(url, QUESTIONS, log)),
};
