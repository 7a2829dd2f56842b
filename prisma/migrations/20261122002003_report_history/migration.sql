-- What we knew when, and what changed after a month was closed.

CREATE VIEW report.income_overlap AS
SELECT d.account_name, d.sub_account, d.puid, d.algo, d.currency, d.mining_date, d.types,
       d.left_out_items, d.left_out_amount, trim_scale(d.left_out_amount)::text AS left_out_amount_text, d.left_out_statuses,
       d.earning_items, d.earnings_amount, trim_scale(d.earnings_amount)::text AS earnings_amount_text, d.earning_statuses,
       d.earnings_amount - d.left_out_amount AS difference, trim_scale(d.earnings_amount - d.left_out_amount)::text AS difference_text,
       CASE WHEN d.earnings_amount <> d.left_out_amount AND d.left_out_statuses <> d.earning_statuses THEN 'amount and status'
            WHEN d.earnings_amount <> d.left_out_amount THEN 'amount'
            WHEN d.left_out_statuses <> d.earning_statuses THEN 'status' END AS differs_in,
       d.account_id
  FROM (SELECT account_name, sub_account, account_id, puid, algo, currency, mining_date,
               concat_ws(', ', min(type), nullif(max(type), min(type))) AS types,
               count(type) AS left_out_items,
               sum(amount) FILTER (WHERE type IS NOT NULL) AS left_out_amount,
               concat_ws(', ', min(status) FILTER (WHERE type IS NOT NULL),
                         nullif(max(status) FILTER (WHERE type IS NOT NULL), min(status) FILTER (WHERE type IS NOT NULL))) AS left_out_statuses,
               count(*) FILTER (WHERE type IS NULL) AS earning_items,
               sum(amount) FILTER (WHERE type IS NULL) AS earnings_amount,
               concat_ws(', ', min(status) FILTER (WHERE type IS NULL),
                         nullif(max(status) FILTER (WHERE type IS NULL), min(status) FILTER (WHERE type IS NULL))) AS earning_statuses
          -- Names are joined below the sums, so that a condition on them selects rows before they are added up.
          FROM (SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account,
                       e.account_id, e.puid, e.algo, e.currency, e.mining_date, NULL::text AS type, e.amount, e.status
                  FROM pool.earnings e
                  JOIN pool.sub_accounts s ON s.account_id = e.account_id AND s.puid = e.puid
                  JOIN pool.accounts a ON a.account_id = s.account_id
                 WHERE e.withdrawn_at IS NULL
                 UNION ALL
                SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text),
                       r.account_id, r.puid, r.algo, r.currency, r.mining_date, r.type, r.amount, r.status
                  FROM pool.rewards r
                  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
                  JOIN pool.accounts a ON a.account_id = s.account_id
                 WHERE r.withdrawn_at IS NULL AND r.type IN ('MINING_EARN', 'UNITE_COIN_EARN')) AS items
         GROUP BY account_name, sub_account, account_id, puid, algo, currency, mining_date
        HAVING count(type) > 0 AND count(*) > count(type)) AS d;
COMMENT ON VIEW report.income_overlap IS 'Rewards that report.income_ledger leaves out because earnings hold the same income: per day, beside the earnings that stand for them, and where the two lists of the pool differ.';
COMMENT ON COLUMN report.income_overlap.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_overlap.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.income_overlap.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_overlap.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_overlap.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.income_overlap.mining_date IS 'Day on which it was mined, UTC.';
COMMENT ON COLUMN report.income_overlap.types IS 'Types of the rewards left out: MINING_EARN, UNITE_COIN_EARN.';
COMMENT ON COLUMN report.income_overlap.left_out_items IS 'Rewards left out.';
COMMENT ON COLUMN report.income_overlap.left_out_amount IS 'What they come to.';
COMMENT ON COLUMN report.income_overlap.left_out_amount_text IS 'The same as text.';
COMMENT ON COLUMN report.income_overlap.left_out_statuses IS 'Their status; the first and the last by name where they differ.';
COMMENT ON COLUMN report.income_overlap.earning_items IS 'Earnings of that day.';
COMMENT ON COLUMN report.income_overlap.earnings_amount IS 'What they come to: this is what counts.';
COMMENT ON COLUMN report.income_overlap.earnings_amount_text IS 'The same as text.';
COMMENT ON COLUMN report.income_overlap.earning_statuses IS 'Their status; the first and the last by name where they differ.';
COMMENT ON COLUMN report.income_overlap.difference IS 'earnings_amount - left_out_amount; not 0 where the two lists disagree.';
COMMENT ON COLUMN report.income_overlap.difference_text IS 'The difference as text, digit for digit.';
COMMENT ON COLUMN report.income_overlap.differs_in IS 'amount, status, amount and status, or null where both lists agree.';
COMMENT ON COLUMN report.income_overlap.account_id IS 'The account''s number in the schema pool.';

CREATE FUNCTION report.income_as_of(known_at timestamptz)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, algo text, currency text, source text, type text,
                 mining_date date, mined_at timestamptz, ordinal integer, amount numeric, amount_text text, status text,
                 settled_at timestamptz, hash_rate_hps numeric, reject_rate numeric, known_since timestamptz, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text), e.puid, e.algo, e.currency, 'earnings', NULL,
       e.mining_date, e.mined_at, e.ordinal, e.amount, trim_scale(e.amount)::text, e.status, e.settled_at,
       e.hash_rate_hps, e.reject_rate, e.valid_from, e.account_id
  FROM pool.earning_revisions e
  JOIN pool.sub_accounts s ON s.account_id = e.account_id AND s.puid = e.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE e.valid_from <= known_at AND (e.valid_to IS NULL OR e.valid_to > known_at) AND e.withdrawn_at IS NULL
 UNION ALL
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text), r.puid, r.algo, r.currency, 'rewards', r.type,
       r.mining_date, r.mined_at, r.ordinal, r.amount, trim_scale(r.amount)::text, r.status, r.settled_at,
       r.hash_rate_hps, NULL, r.valid_from, r.account_id
  FROM pool.reward_revisions r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.valid_from <= known_at AND (r.valid_to IS NULL OR r.valid_to > known_at) AND r.withdrawn_at IS NULL
   AND r.type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN')
 UNION ALL
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text), r.puid, r.algo, r.currency, 'rewards', r.type,
       r.mining_date, r.mined_at, r.ordinal, r.amount, trim_scale(r.amount)::text, r.status, r.settled_at,
       r.hash_rate_hps, NULL, r.valid_from, r.account_id
  FROM pool.reward_revisions r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.valid_from <= known_at AND (r.valid_to IS NULL OR r.valid_to > known_at) AND r.withdrawn_at IS NULL
   AND r.type IN ('MINING_EARN', 'UNITE_COIN_EARN')
   AND NOT EXISTS (SELECT FROM pool.earning_revisions e
                    WHERE e.account_id = r.account_id AND e.puid = r.puid AND e.algo = r.algo
                      AND e.currency = r.currency AND e.mining_date = r.mining_date
                      AND e.valid_from <= known_at AND (e.valid_to IS NULL OR e.valid_to > known_at)
                      AND e.withdrawn_at IS NULL)
$$;
COMMENT ON FUNCTION report.income_as_of(timestamptz) IS 'report.income_ledger as we knew it at that moment (known_since: since when). What it says of the instant of a close or an export, it says for ever.';

CREATE FUNCTION report.daily_income_in(time_zone text)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, currency text, day date, settled numeric, pending numeric,
                 other numeric, total numeric, paid numeric, settled_undated numeric, settled_text text, pending_text text,
                 total_text text, paid_text text, items bigint, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
SELECT p.account_name, p.sub_account, p.puid, p.currency, p.day, sum(p.settled), sum(p.pending), sum(p.other),
       sum(p.settled + p.pending + p.other), sum(p.paid), sum(p.settled_undated),
       trim_scale(sum(p.settled))::text, trim_scale(sum(p.pending))::text,
       trim_scale(sum(p.settled + p.pending + p.other))::text, trim_scale(sum(p.paid))::text,
       sum(p.items)::bigint, p.account_id
  FROM (SELECT l.account_name, l.sub_account, l.account_id, l.puid, l.currency,
               (l.mined_at AT TIME ZONE time_zone)::date AS day,
               CASE WHEN l.status = 'SETTLED' THEN l.amount ELSE 0 END AS settled,
               CASE WHEN l.status = 'WAIT_SETTLE' THEN l.amount ELSE 0 END AS pending,
               CASE WHEN l.status NOT IN ('SETTLED', 'WAIT_SETTLE') THEN l.amount ELSE 0 END AS other,
               0::numeric AS paid,
               CASE WHEN l.status = 'SETTLED' AND l.settled_at IS NULL THEN l.amount ELSE 0 END AS settled_undated,
               1 AS items
          FROM report.income_ledger l
         UNION ALL
        SELECT l.account_name, l.sub_account, l.account_id, l.puid, l.currency,
               (l.settled_at AT TIME ZONE time_zone)::date, 0, 0, 0, l.amount, 0, 0
          FROM report.income_ledger l
         WHERE l.status = 'SETTLED' AND l.settled_at IS NOT NULL) AS p
 GROUP BY p.account_name, p.sub_account, p.account_id, p.puid, p.currency, p.day
$$;
COMMENT ON FUNCTION report.daily_income_in(text) IS 'report.daily_income by the days of another time zone, e.g. Europe/Berlin. Added up from the ledger on every call.';

CREATE FUNCTION report.monthly_income_in(time_zone text)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, currency text, month date, settled numeric, pending numeric,
                 other numeric, total numeric, paid numeric, settled_undated numeric, settled_text text, pending_text text,
                 total_text text, paid_text text, items bigint, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
SELECT d.account_name, d.sub_account, d.puid, d.currency, date_trunc('month', d.day::timestamp)::date,
       sum(d.settled), sum(d.pending), sum(d.other), sum(d.total), sum(d.paid), sum(d.settled_undated),
       trim_scale(sum(d.settled))::text, trim_scale(sum(d.pending))::text, trim_scale(sum(d.total))::text,
       trim_scale(sum(d.paid))::text, sum(d.items)::bigint, d.account_id
  FROM report.daily_income_in(time_zone) d
 GROUP BY d.account_name, d.sub_account, d.account_id, d.puid, d.currency, date_trunc('month', d.day::timestamp)::date
$$;
COMMENT ON FUNCTION report.monthly_income_in(text) IS 'report.monthly_income by the months of another time zone, e.g. Europe/Berlin. Added up from the ledger on every call.';

-- Invoked through report.income_changes only; reads what every reader may read.
CREATE FUNCTION sync.day_income_as_of(
    of_account smallint, of_puid bigint, of_algo text, of_currency text, of_day date, of_month date, time_zone text,
    known_at timestamptz) RETURNS numeric
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
WITH earned AS (
  SELECT e.amount, e.mined_at
    FROM pool.earning_revisions e
   WHERE e.account_id = of_account AND e.puid = of_puid AND e.algo = of_algo AND e.currency = of_currency
     AND e.mined_at >= of_day::timestamp AT TIME ZONE 'UTC' AND e.mined_at < (of_day + 1)::timestamp AT TIME ZONE 'UTC'
     AND e.valid_from <= known_at AND (e.valid_to IS NULL OR e.valid_to > known_at) AND e.withdrawn_at IS NULL
), counted AS (
  SELECT amount, mined_at FROM earned
   UNION ALL
  SELECT r.amount, r.mined_at
    FROM pool.reward_revisions r
   WHERE r.account_id = of_account AND r.puid = of_puid AND r.algo = of_algo AND r.currency = of_currency
     AND r.mined_at >= of_day::timestamp AT TIME ZONE 'UTC' AND r.mined_at < (of_day + 1)::timestamp AT TIME ZONE 'UTC'
     AND r.valid_from <= known_at AND (r.valid_to IS NULL OR r.valid_to > known_at) AND r.withdrawn_at IS NULL
     AND (r.type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN') OR NOT EXISTS (SELECT FROM earned))
)
SELECT coalesce(sum(amount), 0) FROM counted
 WHERE date_trunc('month', mined_at AT TIME ZONE time_zone)::date = of_month
$$;
COMMENT ON FUNCTION sync.day_income_as_of(smallint, bigint, text, text, date, date, text, timestamptz) IS 'What one UTC day of a scope and currency came to in a month, as we knew it at a moment.';

CREATE VIEW report.income_changes AS
WITH closed AS (
  -- From a close to the next record of the same month, if any.
  SELECT c.month, c.instant AS closed_at, c.next_at
    FROM (SELECT month, action, instant, lead(instant) OVER (PARTITION BY month ORDER BY close_id) AS next_at FROM sync.closes) AS c
   WHERE c.action = 'close'
), known AS (
  SELECT account_id, puid, algo, currency, mining_date, valid_from FROM pool.earning_revisions
   WHERE valid_from > (SELECT min(closed_at) FROM closed)
   UNION
  SELECT account_id, puid, algo, currency, mining_date, valid_from FROM pool.reward_revisions
   WHERE valid_from > (SELECT min(closed_at) FROM closed)
), events AS (
  SELECT k.*, c.month, c.closed_at, c.next_at, z.time_zone
    FROM known k
    -- A month of another time zone holds parts of the UTC days around it.
    JOIN closed c ON k.mining_date >= c.month - 1 AND k.mining_date <= (c.month + interval '1 month')::date
                 AND k.valid_from > c.closed_at AND (c.next_at IS NULL OR k.valid_from <= c.next_at)
   CROSS JOIN sync.report_zone z
), changes AS (
  SELECT e.*,
         sync.day_income_as_of(e.account_id, e.puid, e.algo, e.currency, e.mining_date, e.month, e.time_zone,
                               e.valid_from - interval '1 microsecond') AS amount_before,
         sync.day_income_as_of(e.account_id, e.puid, e.algo, e.currency, e.mining_date, e.month, e.time_zone,
                               e.valid_from) AS amount_after
    FROM events e
)
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account,
       c.puid, c.algo, c.currency, c.month, c.mining_date, c.valid_from AS known_at,
       (SELECT min(m.month)::date
          FROM generate_series(c.month + interval '1 month',
                               date_trunc('month', c.valid_from AT TIME ZONE c.time_zone) + interval '2 months',
                               interval '1 month') AS m (month)
         WHERE NOT EXISTS (SELECT FROM closed o WHERE o.month = m.month::date AND o.closed_at < c.valid_from
                              AND (o.next_at IS NULL OR c.valid_from <= o.next_at))) AS booked_in,
       c.amount_before, c.amount_after,
       c.amount_after - c.amount_before AS change,
       trim_scale(c.amount_after - c.amount_before)::text AS change_text,
       c.closed_at, c.next_at AS superseded_at, c.account_id
  FROM changes c
  JOIN pool.sub_accounts s ON s.account_id = c.account_id AND s.puid = c.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE c.amount_before <> c.amount_after;
COMMENT ON VIEW report.income_changes IS 'Changes of income that became known after its month was closed (kpool close), each booked in the earliest later month that was open then. The figures of a closed month stay what report.income_as_of(closed_at) says; its later changes are here.';
COMMENT ON COLUMN report.income_changes.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_changes.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.income_changes.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_changes.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_changes.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.income_changes.month IS 'First day of the closed month whose income changed.';
COMMENT ON COLUMN report.income_changes.mining_date IS 'Day whose income changed, UTC.';
COMMENT ON COLUMN report.income_changes.known_at IS 'When we learned of it.';
COMMENT ON COLUMN report.income_changes.booked_in IS 'First day of the month in which to book it.';
COMMENT ON COLUMN report.income_changes.amount_before IS 'Income of that day in that month before.';
COMMENT ON COLUMN report.income_changes.amount_after IS 'Income of that day in that month afterwards.';
COMMENT ON COLUMN report.income_changes.change IS 'amount_after - amount_before: the adjustment.';
COMMENT ON COLUMN report.income_changes.change_text IS 'The change as text, digit for digit.';
COMMENT ON COLUMN report.income_changes.closed_at IS 'As of when the month was closed.';
COMMENT ON COLUMN report.income_changes.superseded_at IS 'When the month was reopened or closed anew, so that its own figure holds the change: do not book it then. Null: the adjustment stands.';
COMMENT ON COLUMN report.income_changes.account_id IS 'The account''s number in the schema pool.';
