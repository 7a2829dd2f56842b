CREATE OR REPLACE FUNCTION sync.day_income_as_of(
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
