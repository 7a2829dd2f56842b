CREATE OR REPLACE VIEW report.missing_days AS
WITH at_work AS (
  -- A scope whose machines are at work lives on; its income of yesterday may still come.
  SELECT puid, algo, least(sync.day_of(max(last_share_at), 'UTC'), sync.day_of(sync.now(), 'UTC') - 1) AS last_date
    FROM pool.workers GROUP BY puid, algo
), months AS MATERIALIZED (
  SELECT puid, algo, month, min(first_date) AS first_date, max(last_date) AS last_date, bit_or(days) AS days
    FROM sync.earning_months GROUP BY puid, algo, month
), lives AS (
  SELECT m.puid, m.algo, min(m.first_date) AS first_date, greatest(max(m.last_date), max(w.last_date)) AS last_date
    FROM months m
    LEFT JOIN at_work w ON w.puid = m.puid AND w.algo = m.algo
   GROUP BY m.puid, m.algo
), missing AS (
  SELECT l.puid, l.algo, d.mining_date
    FROM lives l
   CROSS JOIN LATERAL generate_series(date_trunc('month', l.first_date::timestamp), l.last_date::timestamp, interval '1 month') AS s (month)
    LEFT JOIN months m ON m.puid = l.puid AND m.algo = l.algo AND m.month = s.month::date
   -- Most months have all their days, and need not be gone through.
   CROSS JOIN LATERAL (
     SELECT s.month::date + b AS mining_date
       FROM generate_series(greatest(l.first_date - s.month::date, 0),
                            least(l.last_date, (s.month + interval '1 month')::date) - s.month::date - 1) AS b
      WHERE coalesce(m.days, 0) & (1 << b) = 0) AS d
   WHERE m.days IS NULL OR m.last_date - m.first_date + 1 > length(replace(m.days::bit(32)::text, '0', ''))
      OR m.first_date > greatest(l.first_date, s.month::date)
      OR m.last_date < least(l.last_date, (s.month + interval '1 month')::date) - 1
)
SELECT a.account_name, a.sub_account, g.puid, g.algo, g.mining_date,
       min(g.mining_date) OVER gap AS gap_from, max(g.mining_date) OVER gap AS gap_to, a.account_id
  FROM (SELECT *, mining_date - row_number() OVER (PARTITION BY puid, algo ORDER BY mining_date)::integer AS island
          FROM missing) AS g
  JOIN report.sub_accounts a ON a.puid = g.puid
WINDOW gap AS (PARTITION BY g.puid, g.algo, g.island);

COMMENT ON VIEW report.missing_days IS 'Days of mining (UTC, as the pool counts them) without any earning between the first and the last one of a sub-account and algorithm, or up to its machines last share. Look at report.completeness to see whether the pool was read whole there: then it paid nothing.';
COMMENT ON COLUMN report.missing_days.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.missing_days.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.missing_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.missing_days.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.missing_days.mining_date IS 'The pool''s day of mining: the day of miningDate in UTC, whatever the time zone of the reports.';
COMMENT ON COLUMN report.missing_days.gap_from IS 'First day of the gap that it is in.';
COMMENT ON COLUMN report.missing_days.gap_to IS 'Last day of that gap.';
COMMENT ON COLUMN report.missing_days.account_id IS 'The account''s number in the schema pool.';
