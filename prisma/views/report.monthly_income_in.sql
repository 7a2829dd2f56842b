CREATE OR REPLACE FUNCTION report.monthly_income_in(time_zone text)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, currency text, month date, settled numeric, pending numeric,
                 other numeric, total numeric, paid numeric, settled_undated numeric, settled_text text, pending_text text,
                 total_text text, paid_text text, items bigint, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
-- Reads the kept months, which whoever calls it need not see; the names in it are resolved when it is made.
-- The items at the turns of months are few, and looked up by keys: the planner, which cannot know, would combine indexes.
  SECURITY DEFINER SET search_path = pg_catalog
  SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
BEGIN ATOMIC
WITH zones AS (
  SELECT z.time_zone AS zone FROM sync.report_zone z
), turns AS MATERIALIZED (
  -- Months of two time zones differ by what lies between the two instants at which each begins.
  SELECT least(b.ours, b.theirs) AS from_at, greatest(b.ours, b.theirs) AS to_at
    FROM (SELECT min(month)::timestamp AS first, max(month)::timestamp + interval '1 month' AS last FROM sync.income_months) AS s
   CROSS JOIN zones z
   CROSS JOIN LATERAL generate_series(s.first, s.last, interval '1 month') AS m (month)
   CROSS JOIN LATERAL (SELECT sync.start_of_day(m.month::date, z.zone) AS ours,
                              sync.start_of_day(m.month::date, time_zone) AS theirs) AS b
   WHERE b.ours <> b.theirs
), mined AS (
  SELECT i.puid, i.currency, i.mined_at AS at, i.amount, i.status, i.settled_at
    FROM turns t
   CROSS JOIN LATERAL (
     SELECT puid, currency, mined_at, amount, status, settled_at FROM sync.income_items
      WHERE mining_date >= sync.day_of(t.from_at, 'UTC') AND mining_date <= sync.day_of(t.to_at, 'UTC')
        AND source <> 'left out'
     OFFSET 0) AS i
  -- Afterwards, or they would be looked for in the primary key, scope by scope.
   WHERE i.mined_at >= t.from_at AND i.mined_at < t.to_at
), paid AS (
  SELECT i.puid, i.currency, i.settled_at AS at, i.amount
    FROM turns t
   CROSS JOIN LATERAL (
     SELECT puid, currency, settled_at, amount FROM sync.income_items
      WHERE settled_at >= t.from_at AND settled_at < t.to_at AND status = 'SETTLED' AND source <> 'left out'
     OFFSET 0) AS i
), parts AS (
  SELECT puid, currency, month, earnings_settled + rewards_settled AS settled, earnings_pending + rewards_pending AS pending,
         earnings_other + rewards_other AS other, paid, settled_undated, items, items AS seen, entries AS kept
    FROM sync.income_months
   UNION ALL
  SELECT i.puid, i.currency, v.month, CASE WHEN i.status = 'SETTLED' THEN v.sign * i.amount ELSE 0 END,
         CASE WHEN i.status = 'WAIT_SETTLE' THEN v.sign * i.amount ELSE 0 END,
         CASE WHEN i.status NOT IN ('SETTLED', 'WAIT_SETTLE') THEN v.sign * i.amount ELSE 0 END, 0,
         CASE WHEN i.status = 'SETTLED' AND i.settled_at IS NULL THEN v.sign * i.amount ELSE 0 END, v.sign, 0, 0
    FROM mined i CROSS JOIN zones z
   CROSS JOIN LATERAL (VALUES (-1, sync.month_of(i.at, z.zone)), (1, sync.month_of(i.at, time_zone))) AS v (sign, month)
   UNION ALL
  SELECT p.puid, p.currency, v.month, 0, 0, 0, v.sign * p.amount, 0, 0, 0, 0
    FROM paid p CROSS JOIN zones z
   CROSS JOIN LATERAL (VALUES (-1, sync.month_of(p.at, z.zone)), (1, sync.month_of(p.at, time_zone))) AS v (sign, month)
)
SELECT a.account_name, a.sub_account, m.puid, m.currency, m.month,
       CASE WHEN m.items > 0 THEN m.settled END AS settled, CASE WHEN m.items > 0 THEN m.pending END AS pending,
       CASE WHEN m.items > 0 THEN m.other END AS other,
       CASE WHEN m.items > 0 THEN m.settled + m.pending + m.other END AS total,
       m.paid, CASE WHEN m.items > 0 THEN m.settled_undated END AS settled_undated,
       CASE WHEN m.items > 0 THEN trim_scale(m.settled)::text END AS settled_text,
       CASE WHEN m.items > 0 THEN trim_scale(m.pending)::text END AS pending_text,
       CASE WHEN m.items > 0 THEN trim_scale(m.settled + m.pending + m.other)::text END AS total_text,
       trim_scale(m.paid)::text AS paid_text, m.items, a.account_id
  FROM (SELECT puid, currency, month, sum(settled) AS settled, sum(pending) AS pending, sum(other) AS other,
               sum(paid) AS paid, sum(settled_undated) AS settled_undated, sum(items)::bigint AS items
          FROM parts GROUP BY puid, currency, month) AS m
  JOIN report.sub_accounts a ON a.puid = m.puid
 WHERE m.items > 0 OR m.paid <> 0;
END;

COMMENT ON FUNCTION report.monthly_income_in(text) IS 'report.monthly_income by the months of another time zone, e.g. Europe/Berlin: the kept months, less and plus what lies between the two beginnings of each.';
