CREATE OR REPLACE VIEW report.income_changes AS
WITH closed AS (
  SELECT month, closed_at, next_at FROM sync.close_spans
), known AS (
  SELECT puid, algo, currency, mining_date, valid_from FROM pool.earning_revisions
   WHERE valid_from > (SELECT min(closed_at) FROM closed)
   UNION
  SELECT puid, algo, currency, mining_date, valid_from FROM pool.reward_revisions
   WHERE valid_from > (SELECT min(closed_at) FROM closed)
   UNION
  -- Rewards that count no longer, or again, since the definition of the pool's totals says so.
  SELECT r.puid, r.algo, r.currency, r.mining_date, e.at
    FROM sync.same_income s
   CROSS JOIN LATERAL (VALUES (s.valid_from), (s.valid_to)) AS e (at)
    JOIN pool.rewards r ON r.puid = s.puid AND r.type = s.type
   WHERE e.at > (SELECT min(closed_at) FROM closed)
), events AS (
  SELECT k.*, c.month, c.closed_at, c.next_at, z.time_zone
    FROM known k
    -- A month of another time zone contains parts of the UTC days before and after it.
    JOIN closed c ON k.mining_date >= c.month - 1 AND k.mining_date <= (c.month + interval '1 month')::date
                 AND k.valid_from > c.closed_at AND (c.next_at IS NULL OR k.valid_from <= c.next_at)
   CROSS JOIN sync.report_zone z
), changes AS (
  -- Whole days are compared, since an item may decide whether others of its day count.
  SELECT e.*,
         sync.day_income_as_of(e.puid, e.algo, e.currency, e.mining_date, e.month, e.time_zone,
                               e.valid_from - interval '1 microsecond') AS amount_before,
         sync.day_income_as_of(e.puid, e.algo, e.currency, e.mining_date, e.month, e.time_zone,
                               e.valid_from) AS amount_after
    FROM events e
)
SELECT a.account_name, a.sub_account,
       c.puid, c.algo, c.currency, c.month, c.mining_date, c.valid_from AS known_at,
       sync.booking_month(c.month, c.valid_from, c.time_zone) AS booked_in,
       c.amount_before, c.amount_after,
       c.amount_after - c.amount_before AS change,
       trim_scale(c.amount_after - c.amount_before)::text AS change_text,
       c.closed_at, c.next_at AS superseded_at, a.account_id
  FROM changes c
  JOIN report.sub_accounts a ON a.puid = c.puid
 WHERE c.amount_before <> c.amount_after;

COMMENT ON VIEW report.income_changes IS 'Changes of income that became known after its month was closed (kpool close), each booked in the earliest later month that was open then. A closed month keeps the figures of report.income_as_of(closed_at).';
COMMENT ON COLUMN report.income_changes.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_changes.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.income_changes.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_changes.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_changes.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.income_changes.month IS 'First day of the closed month whose income changed.';
COMMENT ON COLUMN report.income_changes.mining_date IS 'Day whose income changed, UTC.';
COMMENT ON COLUMN report.income_changes.known_at IS 'When the change became known.';
COMMENT ON COLUMN report.income_changes.booked_in IS 'First day of the month in which to book it.';
COMMENT ON COLUMN report.income_changes.amount_before IS 'Income of that day, as counted in that month, before.';
COMMENT ON COLUMN report.income_changes.amount_after IS 'Income of that day, as counted in that month, afterwards.';
COMMENT ON COLUMN report.income_changes.change IS 'amount_after - amount_before: the adjustment.';
COMMENT ON COLUMN report.income_changes.change_text IS 'The change as text, all digits.';
COMMENT ON COLUMN report.income_changes.closed_at IS 'The instant as of which the month was closed.';
COMMENT ON COLUMN report.income_changes.superseded_at IS 'When the month was reopened or closed again, so that its own figure includes the change; do not book it then. Null: the adjustment stands.';
COMMENT ON COLUMN report.income_changes.account_id IS 'The account''s number in the schema pool.';
