-- Income for people: one ledger in which nothing counts twice, and its figures by day and by month.

-- Settings that reports follow. Views of machinery: what they read, readers of report never see.
CREATE VIEW sync.report_zone AS
SELECT coalesce((SELECT value #>> '{}' FROM sync.settings WHERE key = 'report_time_zone'), 'UTC') AS time_zone;
COMMENT ON VIEW sync.report_zone IS 'The time zone whose days and months the reports count by (REPORT_TIME_ZONE); one row.';
COMMENT ON COLUMN sync.report_zone.time_zone IS 'Name of the zone, e.g. UTC or Europe/Berlin.';

-- Finds the earnings that stand for a reward.
CREATE INDEX earnings_scope_day_idx ON pool.earnings (account_id, puid, algo, currency, mining_date) WHERE withdrawn_at IS NULL;

CREATE VIEW report.income_ledger AS
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account,
       e.puid, e.algo, e.currency,
       'earnings'::text AS source,
       NULL::text AS type,
       e.mining_date, e.mined_at, e.ordinal,
       e.amount,
       trim_scale(e.amount)::text AS amount_text,
       e.status, e.settled_at, e.hash_rate_hps, e.reject_rate, e.first_seen_at, e.changed_at,
       e.account_id
  FROM pool.earnings e
  JOIN pool.sub_accounts s ON s.account_id = e.account_id AND s.puid = e.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE e.withdrawn_at IS NULL
 UNION ALL
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text),
       r.puid, r.algo, r.currency,
       'rewards',
       r.type,
       r.mining_date, r.mined_at, r.ordinal,
       r.amount,
       trim_scale(r.amount)::text,
       r.status, r.settled_at, r.hash_rate_hps, NULL, r.first_seen_at, r.changed_at,
       r.account_id
  FROM pool.rewards r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.withdrawn_at IS NULL AND r.type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN')
 UNION ALL
-- Apart from the others, so that it is an anti-join.
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text),
       r.puid, r.algo, r.currency,
       'rewards',
       r.type,
       r.mining_date, r.mined_at, r.ordinal,
       r.amount,
       trim_scale(r.amount)::text,
       r.status, r.settled_at, r.hash_rate_hps, NULL, r.first_seen_at, r.changed_at,
       r.account_id
  FROM pool.rewards r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.withdrawn_at IS NULL AND r.type IN ('MINING_EARN', 'UNITE_COIN_EARN')
   AND NOT EXISTS (SELECT FROM pool.earnings e
                    WHERE e.account_id = r.account_id AND e.puid = r.puid AND e.algo = r.algo
                      AND e.currency = r.currency AND e.mining_date = r.mining_date AND e.withdrawn_at IS NULL);
COMMENT ON VIEW report.income_ledger IS 'Every item of income once: all earnings, and those rewards that the earnings do not already hold (MINING_EARN and UNITE_COIN_EARN count only where earnings have no row for that sub-account, algorithm, currency and day). What the pool has withdrawn is not here.';
COMMENT ON COLUMN report.income_ledger.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_ledger.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.income_ledger.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_ledger.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_ledger.currency IS 'Currency of the amount, e.g. BTC.';
COMMENT ON COLUMN report.income_ledger.source IS 'The list that holds the item: earnings (pool.earnings) or rewards (pool.rewards).';
COMMENT ON COLUMN report.income_ledger.type IS 'Type of the reward as the pool writes it; null for an earning.';
COMMENT ON COLUMN report.income_ledger.mining_date IS 'Day on which it was mined, UTC.';
COMMENT ON COLUMN report.income_ledger.mined_at IS 'The mining date as served, to the millisecond.';
COMMENT ON COLUMN report.income_ledger.ordinal IS 'Numbers items that are otherwise listed under the same key (0, 1, …).';
COMMENT ON COLUMN report.income_ledger.amount IS 'Income in units of the currency, exact; negative for a correction.';
COMMENT ON COLUMN report.income_ledger.amount_text IS 'The amount as text, digit for digit, for tools that round numbers.';
COMMENT ON COLUMN report.income_ledger.status IS 'SETTLED: paid; WAIT_SETTLE: pending; or whatever the pool says.';
COMMENT ON COLUMN report.income_ledger.settled_at IS 'Settle time as served, also on a pending item; null when none.';
COMMENT ON COLUMN report.income_ledger.hash_rate_hps IS 'Hashrate that earned it, H/s; null when the pool gives none.';
COMMENT ON COLUMN report.income_ledger.reject_rate IS 'Rejected shares in percent; null for rewards.';
COMMENT ON COLUMN report.income_ledger.first_seen_at IS 'When the item first appeared to us.';
COMMENT ON COLUMN report.income_ledger.changed_at IS 'When the item last changed.';
COMMENT ON COLUMN report.income_ledger.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.daily_income AS
SELECT account_name, sub_account, puid, currency, day,
       sum(settled) AS settled, sum(pending) AS pending, sum(other) AS other, sum(settled + pending + other) AS total,
       sum(paid) AS paid, sum(settled_undated) AS settled_undated,
       trim_scale(sum(settled))::text AS settled_text, trim_scale(sum(pending))::text AS pending_text,
       trim_scale(sum(settled + pending + other))::text AS total_text, trim_scale(sum(paid))::text AS paid_text,
       sum(items)::bigint AS items, account_id
  FROM (SELECT l.account_name, l.sub_account, l.puid, l.currency,
               (l.mined_at AT TIME ZONE z.time_zone)::date AS day,
               CASE WHEN l.status = 'SETTLED' THEN l.amount ELSE 0 END AS settled,
               CASE WHEN l.status = 'WAIT_SETTLE' THEN l.amount ELSE 0 END AS pending,
               CASE WHEN l.status NOT IN ('SETTLED', 'WAIT_SETTLE') THEN l.amount ELSE 0 END AS other,
               0::numeric AS paid,
               CASE WHEN l.status = 'SETTLED' AND l.settled_at IS NULL THEN l.amount ELSE 0 END AS settled_undated,
               1 AS items, l.account_id
          FROM report.income_ledger l, sync.report_zone z
         UNION ALL
        SELECT l.account_name, l.sub_account, l.puid, l.currency,
               (l.settled_at AT TIME ZONE z.time_zone)::date,
               0, 0, 0, l.amount, 0, 0, l.account_id
          FROM report.income_ledger l, sync.report_zone z
         WHERE l.status = 'SETTLED' AND l.settled_at IS NOT NULL) AS parts
 GROUP BY account_name, sub_account, puid, currency, day, account_id;
COMMENT ON VIEW report.daily_income IS 'Income by day: settled + pending + other = total counts it when it was mined (accrual basis), paid when it was settled (cash basis). Never add paid to total: they are two views of the same money.';
COMMENT ON COLUMN report.daily_income.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.daily_income.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.daily_income.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.daily_income.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.daily_income.day IS 'The day, in the time zone of the reports (REPORT_TIME_ZONE; UTC by default).';
COMMENT ON COLUMN report.daily_income.settled IS 'Mined on this day and paid by now.';
COMMENT ON COLUMN report.daily_income.pending IS 'Mined on this day and not yet paid.';
COMMENT ON COLUMN report.daily_income.other IS 'Mined on this day, with a status that this program does not know.';
COMMENT ON COLUMN report.daily_income.total IS 'All that was mined on this day: settled + pending + other.';
COMMENT ON COLUMN report.daily_income.paid IS 'Cash basis: settled items by the day of their settle time.';
COMMENT ON COLUMN report.daily_income.settled_undated IS 'Part of settled whose items carry no settle time, and so are in paid on no day.';
COMMENT ON COLUMN report.daily_income.settled_text IS 'settled as text, digit for digit.';
COMMENT ON COLUMN report.daily_income.pending_text IS 'pending as text, digit for digit.';
COMMENT ON COLUMN report.daily_income.total_text IS 'total as text, digit for digit.';
COMMENT ON COLUMN report.daily_income.paid_text IS 'paid as text, digit for digit.';
COMMENT ON COLUMN report.daily_income.items IS 'Items of report.income_ledger in total.';
COMMENT ON COLUMN report.daily_income.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.monthly_income AS
SELECT account_name, sub_account, puid, currency,
       date_trunc('month', day::timestamp)::date AS month,
       sum(settled) AS settled, sum(pending) AS pending, sum(other) AS other, sum(total) AS total,
       sum(paid) AS paid, sum(settled_undated) AS settled_undated,
       trim_scale(sum(settled))::text AS settled_text, trim_scale(sum(pending))::text AS pending_text,
       trim_scale(sum(total))::text AS total_text, trim_scale(sum(paid))::text AS paid_text,
       sum(items)::bigint AS items, account_id
  FROM report.daily_income
 GROUP BY account_name, sub_account, puid, currency, date_trunc('month', day::timestamp)::date, account_id;
COMMENT ON VIEW report.monthly_income IS 'Income by month: settled + pending + other = total counts it when it was mined (accrual basis), paid when it was settled (cash basis). Never add paid to total: they are two views of the same money.';
COMMENT ON COLUMN report.monthly_income.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.monthly_income.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.monthly_income.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.monthly_income.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.monthly_income.month IS 'First day of the month, in the time zone of the reports (REPORT_TIME_ZONE; UTC by default).';
COMMENT ON COLUMN report.monthly_income.settled IS 'Mined in this month and paid by now.';
COMMENT ON COLUMN report.monthly_income.pending IS 'Mined in this month and not yet paid.';
COMMENT ON COLUMN report.monthly_income.other IS 'Mined in this month, with a status that this program does not know.';
COMMENT ON COLUMN report.monthly_income.total IS 'All that was mined in this month: settled + pending + other.';
COMMENT ON COLUMN report.monthly_income.paid IS 'Cash basis: settled items by the month of their settle time.';
COMMENT ON COLUMN report.monthly_income.settled_undated IS 'Part of settled whose items carry no settle time, and so are in paid in no month.';
COMMENT ON COLUMN report.monthly_income.settled_text IS 'settled as text, digit for digit.';
COMMENT ON COLUMN report.monthly_income.pending_text IS 'pending as text, digit for digit.';
COMMENT ON COLUMN report.monthly_income.total_text IS 'total as text, digit for digit.';
COMMENT ON COLUMN report.monthly_income.paid_text IS 'paid as text, digit for digit.';
COMMENT ON COLUMN report.monthly_income.items IS 'Items of report.income_ledger in total.';
COMMENT ON COLUMN report.monthly_income.account_id IS 'The account''s number in the schema pool.';

-- All that is not settled, unknown statuses too: a few rows of a long ledger.
CREATE INDEX earnings_unsettled_idx ON pool.earnings (account_id, mined_at) WHERE status <> 'SETTLED' AND withdrawn_at IS NULL;
CREATE INDEX rewards_unsettled_idx ON pool.rewards (account_id, mined_at) WHERE status <> 'SETTLED' AND withdrawn_at IS NULL;

CREATE VIEW report.unsettled_income AS
SELECT l.account_name, l.sub_account, l.puid, l.algo, l.currency, l.source, l.type, l.mining_date, l.mined_at, l.ordinal,
       l.amount, l.amount_text, l.status, l.settled_at AS announced_for,
       n.now - l.mined_at AS age,
       floor(extract(epoch FROM n.now - l.mined_at) / 86400)::integer AS age_days,
       l.first_seen_at, l.account_id
  FROM report.income_ledger l, (SELECT sync.now() AS now) n
 WHERE l.status <> 'SETTLED';
COMMENT ON VIEW report.unsettled_income IS 'Items of income that the pool has not paid yet, with their age.';
COMMENT ON COLUMN report.unsettled_income.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.unsettled_income.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.unsettled_income.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.unsettled_income.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.unsettled_income.currency IS 'Currency of the amount, e.g. BTC.';
COMMENT ON COLUMN report.unsettled_income.source IS 'The list that holds the item: earnings or rewards.';
COMMENT ON COLUMN report.unsettled_income.type IS 'Type of the reward as the pool writes it; null for an earning.';
COMMENT ON COLUMN report.unsettled_income.mining_date IS 'Day on which it was mined, UTC.';
COMMENT ON COLUMN report.unsettled_income.mined_at IS 'The mining date as served, to the millisecond.';
COMMENT ON COLUMN report.unsettled_income.ordinal IS 'Numbers items that are otherwise listed under the same key (0, 1, …).';
COMMENT ON COLUMN report.unsettled_income.amount IS 'Income in units of the currency, exact.';
COMMENT ON COLUMN report.unsettled_income.amount_text IS 'The amount as text, digit for digit.';
COMMENT ON COLUMN report.unsettled_income.status IS 'WAIT_SETTLE: pending; or whatever the pool says but SETTLED.';
COMMENT ON COLUMN report.unsettled_income.announced_for IS 'Settle time that the pool already gives; null when none.';
COMMENT ON COLUMN report.unsettled_income.age IS 'Time since it was mined.';
COMMENT ON COLUMN report.unsettled_income.age_days IS 'Whole days since it was mined.';
COMMENT ON COLUMN report.unsettled_income.first_seen_at IS 'When the item first appeared to us.';
COMMENT ON COLUMN report.unsettled_income.account_id IS 'The account''s number in the schema pool.';
