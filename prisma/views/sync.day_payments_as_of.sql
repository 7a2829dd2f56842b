CREATE OR REPLACE FUNCTION sync.day_payments_as_of(
    of_account smallint, of_puid bigint, of_algo text, of_currency text, of_day date, time_zone text, known_at timestamptz)
  RETURNS TABLE (paid_date date, amount numeric)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
WITH earned AS (
  SELECT e.amount, e.status, coalesce(e.settled_at, e.mined_at) AS paid_at
    FROM pool.earning_revisions e
   WHERE e.account_id = of_account AND e.puid = of_puid AND e.algo = of_algo AND e.currency = of_currency
     AND e.mined_at >= of_day::timestamp AT TIME ZONE 'UTC' AND e.mined_at < (of_day + 1)::timestamp AT TIME ZONE 'UTC'
     AND e.valid_from <= known_at AND (e.valid_to IS NULL OR e.valid_to > known_at) AND e.withdrawn_at IS NULL
), counted AS (
  SELECT e.amount, e.paid_at FROM earned e WHERE e.status = 'SETTLED'
   UNION ALL
  SELECT r.amount, coalesce(r.settled_at, r.mined_at)
    FROM pool.reward_revisions r
   WHERE r.account_id = of_account AND r.puid = of_puid AND r.algo = of_algo AND r.currency = of_currency
     AND r.mined_at >= of_day::timestamp AT TIME ZONE 'UTC' AND r.mined_at < (of_day + 1)::timestamp AT TIME ZONE 'UTC'
     AND r.valid_from <= known_at AND (r.valid_to IS NULL OR r.valid_to > known_at) AND r.withdrawn_at IS NULL
     AND r.status = 'SETTLED'
     AND (r.type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN') OR NOT EXISTS (SELECT FROM earned))
)
SELECT (c.paid_at AT TIME ZONE time_zone)::date, sum(c.amount) FROM counted c GROUP BY 1
$$;

COMMENT ON FUNCTION sync.day_payments_as_of(smallint, bigint, text, text, date, text, timestamptz) IS 'What was paid on which day for one UTC day of mining of a scope and currency, as we knew it at a moment. What is settled without a date counts as paid when it was mined.';
