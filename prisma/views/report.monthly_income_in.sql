CREATE OR REPLACE FUNCTION report.monthly_income_in(time_zone text)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, currency text, month date, settled numeric, pending numeric,
                 other numeric, total numeric, paid numeric, settled_undated numeric, settled_text text, pending_text text,
                 total_text text, paid_text text, items bigint, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
-- SECURITY DEFINER: it reads the stored months, on which callers have no rights.
-- The settings: items at month boundaries are few and best found by index, which the planner cannot know.
  SECURITY DEFINER SET search_path = pg_catalog
  SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
BEGIN ATOMIC
WITH turns AS MATERIALIZED (
  -- A month begins at different instants in the two zones. What lies between them belongs to that month in one zone and to
  -- its neighbour in the other.
  SELECT least(b.ours, b.theirs) AS from_at, greatest(b.ours, b.theirs) AS to_at,
         CASE WHEN b.ours < b.theirs THEN n.month ELSE n.month_before END AS our_month,
         CASE WHEN b.ours < b.theirs THEN n.month_before ELSE n.month END AS their_month
    FROM (SELECT min(month)::timestamp AS first, max(month)::timestamp + interval '1 month' AS last FROM sync.income_months) AS s
   CROSS JOIN (SELECT r.time_zone AS zone FROM sync.report_zone r) AS z
   CROSS JOIN LATERAL generate_series(s.first, s.last, interval '1 month') AS m (month)
   CROSS JOIN LATERAL (SELECT m.month::date AS month, (m.month - interval '1 month')::date AS month_before) AS n
   CROSS JOIN LATERAL (SELECT sync.start_of_day(n.month, z.zone) AS ours,
                              sync.start_of_day(n.month, time_zone) AS theirs) AS b
   WHERE b.ours <> b.theirs
), moved AS (
  SELECT t.our_month, t.their_month, i.*, 0::numeric AS paid
    FROM turns t
   CROSS JOIN LATERAL (
     SELECT puid, currency, coalesce(sum(amount) FILTER (WHERE status = 'SETTLED'), 0) AS settled,
            coalesce(sum(amount) FILTER (WHERE status = 'WAIT_SETTLE'), 0) AS pending,
            coalesce(sum(amount) FILTER (WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE')), 0) AS other,
            coalesce(sum(amount) FILTER (WHERE status = 'SETTLED' AND settled_at IS NULL), 0) AS settled_undated,
            count(*) AS items
       FROM (SELECT puid, currency, mined_at, amount, status, settled_at FROM sync.income_items
              WHERE mining_date >= sync.day_of(t.from_at, 'UTC')
                AND mining_date <= sync.day_of(t.to_at - interval '1 microsecond', 'UTC')
                AND source <> 'left out'
             OFFSET 0) AS d
      -- Filtered after OFFSET 0: as index conditions, these would be searched in the primary key, scope by scope.
      WHERE mined_at >= t.from_at AND mined_at < t.to_at
      GROUP BY puid, currency) AS i
   UNION ALL
  SELECT t.our_month, t.their_month, i.puid, i.currency, 0, 0, 0, 0, 0, i.paid
    FROM turns t
   CROSS JOIN LATERAL (
     SELECT puid, currency, sum(amount) AS paid FROM sync.income_items
      WHERE settled_at >= t.from_at AND settled_at < t.to_at AND status = 'SETTLED' AND source <> 'left out'
      GROUP BY puid, currency) AS i
), parts AS (
  SELECT puid, currency, month, earnings_settled + rewards_settled AS settled, earnings_pending + rewards_pending AS pending,
         earnings_other + rewards_other AS other, paid, settled_undated, items
    FROM sync.income_months
   UNION ALL
  SELECT puid, currency, our_month, -settled, -pending, -other, -paid, -settled_undated, -items FROM moved
   UNION ALL
  SELECT puid, currency, their_month, settled, pending, other, paid, settled_undated, items FROM moved
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

COMMENT ON FUNCTION report.monthly_income_in(text) IS 'report.monthly_income by months of another time zone, e.g. Europe/Berlin. Computed from the stored months, corrected by what lies between the two zones'' starts of each.';
