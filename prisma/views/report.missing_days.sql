CREATE OR REPLACE VIEW report.missing_days AS
WITH at_work AS (
  -- A scope whose machines are at work lives on; its income of yesterday may still come.
  SELECT puid, algo, least(sync.day_of(max(last_share_at), 'UTC'), sync.day_of(sync.now(), 'UTC') - 1) AS last_day
    FROM pool.workers GROUP BY puid, algo
), gaps AS (
  SELECT e.puid, e.algo, e.mining_date,
         coalesce(lead(e.mining_date) OVER (PARTITION BY e.puid, e.algo ORDER BY e.mining_date), w.last_day) AS next_day
    FROM pool.earnings e
    LEFT JOIN at_work w ON w.puid = e.puid AND w.algo = e.algo
   WHERE e.withdrawn_at IS NULL
)
SELECT a.account_name, a.sub_account, g.puid, g.algo,
       m.day::date AS mining_date, g.mining_date + 1 AS gap_from, g.next_day - 1 AS gap_to, a.account_id
  FROM gaps g
  JOIN report.sub_accounts a ON a.puid = g.puid
 CROSS JOIN LATERAL generate_series(g.mining_date::timestamp + interval '1 day', g.next_day::timestamp - interval '1 day', interval '1 day') AS m (day)
 WHERE g.next_day > g.mining_date + 1;

COMMENT ON VIEW report.missing_days IS 'Days of mining (UTC, as the pool counts them) without any earning between the first and the last one of a sub-account and algorithm, or up to its machines last share. Look at report.completeness to see whether the pool was read whole there: then it paid nothing.';
COMMENT ON COLUMN report.missing_days.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.missing_days.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.missing_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.missing_days.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.missing_days.mining_date IS 'The pool''s day of mining: the day of miningDate in UTC, whatever the time zone of the reports.';
COMMENT ON COLUMN report.missing_days.gap_from IS 'First day of the gap that it is in.';
COMMENT ON COLUMN report.missing_days.gap_to IS 'Last day of that gap.';
COMMENT ON COLUMN report.missing_days.account_id IS 'The account''s number in the schema pool.';
