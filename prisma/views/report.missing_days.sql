CREATE OR REPLACE VIEW report.missing_days AS
WITH at_work AS (
  -- While machines submit shares, days after the newest earning may be missing; yesterday's may still come.
  SELECT puid, algo, least(sync.day_of(max(last_share_at), 'UTC'), sync.day_of(sync.now(), 'UTC') - 1) AS last_date
    FROM pool.workers GROUP BY puid, algo
), months AS MATERIALIZED (
  SELECT puid, algo, month, min(first_date) AS first_date, max(last_date) AS last_date, bit_or(days) AS days
    FROM sync.earning_months GROUP BY puid, algo, month
), spans AS (
  SELECT m.*, lag(m.last_date) OVER scope AS previous_date,
         lead(m.first_date) OVER scope IS NULL AS is_newest
    FROM months m
  WINDOW scope AS (PARTITION BY m.puid, m.algo ORDER BY m.month)
), missing AS (
  -- Days between the months that have earnings, and days up to the machines' last share.
  SELECT s.puid, s.algo, d::date AS mining_date
    FROM spans s CROSS JOIN LATERAL generate_series(s.previous_date + interval '1 day', s.first_date - interval '1 day', interval '1 day') AS d
   WHERE s.previous_date < s.first_date - 1
   UNION ALL
  SELECT s.puid, s.algo, d::date
    FROM spans s
    JOIN at_work w ON w.puid = s.puid AND w.algo = s.algo
   CROSS JOIN LATERAL generate_series(s.last_date + interval '1 day', w.last_date - interval '1 day', interval '1 day') AS d
   WHERE s.is_newest
   UNION ALL
  -- Days within a month, unless all its bits are set, as in most months.
  SELECT s.puid, s.algo, s.month + b
    FROM spans s CROSS JOIN LATERAL generate_series(s.first_date - s.month, s.last_date - s.month) AS b
   WHERE s.last_date - s.first_date + 1 > length(replace(s.days::bit(32)::text, '0', '')) AND s.days & (1 << b) = 0
)
SELECT a.account_name, a.sub_account, g.puid, g.algo, g.mining_date,
       min(g.mining_date) OVER gap AS gap_from, max(g.mining_date) OVER gap AS gap_to, a.account_id
  FROM (SELECT *, mining_date - row_number() OVER (PARTITION BY puid, algo ORDER BY mining_date)::integer AS island
          FROM missing) AS g
  JOIN report.sub_accounts a ON a.puid = g.puid
WINDOW gap AS (PARTITION BY g.puid, g.algo, g.island);

COMMENT ON VIEW report.missing_days IS 'Mining days (UTC) without an earning, between the first and the last earning of a sub-account and algorithm or up to its machines'' last share. If report.completeness shows the day as certified, the pool paid nothing for it.';
COMMENT ON COLUMN report.missing_days.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.missing_days.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.missing_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.missing_days.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.missing_days.mining_date IS 'The pool''s mining day: the UTC day of miningDate, regardless of the reports'' time zone.';
COMMENT ON COLUMN report.missing_days.gap_from IS 'First day of the gap.';
COMMENT ON COLUMN report.missing_days.gap_to IS 'Last day of the gap.';
COMMENT ON COLUMN report.missing_days.account_id IS 'The account''s number in the schema pool.';
