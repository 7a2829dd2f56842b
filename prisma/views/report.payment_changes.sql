CREATE OR REPLACE VIEW report.payment_changes AS
WITH closed AS (
  SELECT s.month, s.closed_at, s.next_at, z.time_zone FROM sync.close_spans s CROSS JOIN sync.report_zone z
), first AS (
  -- Bounds of what can have changed: nothing before the first close, and no day after the last closed month.
  SELECT min(closed_at) AS closed_at, max(month + interval '1 month')::date + 1 AS last_day FROM closed
), paid AS (
  SELECT r.puid, r.algo, r.currency, r.mining_date, r.valid_from, r.valid_to,
         sync.month_of(coalesce(r.settled_at, r.mined_at), z.time_zone) AS month
    FROM (SELECT puid, algo, currency, mining_date, mined_at, settled_at, status, withdrawn_at, valid_from, valid_to
            FROM pool.earning_revisions
           UNION ALL
          SELECT puid, algo, currency, mining_date, mined_at, settled_at, status, withdrawn_at, valid_from, valid_to
            FROM pool.reward_revisions) AS r
   CROSS JOIN sync.report_zone z
   WHERE r.status = 'SETTLED' AND r.withdrawn_at IS NULL
     AND (r.valid_from > (SELECT closed_at FROM first) OR r.valid_to > (SELECT closed_at FROM first))
), events AS (
  -- Days with an item that was or is now paid in the month.
  SELECT p.puid, p.algo, p.currency, p.mining_date, e.at, c.month, c.closed_at, c.next_at, c.time_zone
    FROM paid p
    JOIN closed c USING (month)
   CROSS JOIN LATERAL (VALUES (p.valid_from), (p.valid_to)) AS e (at)
   WHERE e.at > c.closed_at AND (c.next_at IS NULL OR e.at <= c.next_at)
   UNION
  -- Days with an earning that came or went, so that rewards of the day count or no longer do. Those paid in the month were
  -- mined before its end.
  SELECT e.puid, e.algo, e.currency, e.mining_date, e.valid_from, c.month, c.closed_at, c.next_at, c.time_zone
    FROM pool.earning_revisions e
    JOIN pool.reward_revisions r
      ON r.puid = e.puid AND r.algo = e.algo AND r.currency = e.currency
     AND r.mined_at >= sync.start_of_day(e.mining_date, 'UTC') AND r.mined_at < sync.start_of_day(e.mining_date + 1, 'UTC')
    JOIN closed c ON c.month = sync.month_of(coalesce(r.settled_at, r.mined_at), c.time_zone)
   WHERE e.valid_from > (SELECT closed_at FROM first) AND e.mining_date <= (SELECT last_day FROM first)
     -- A change of its amount matters as well: a merged-mining reward counts unless an earning has the same amount.
     AND (e.change IN ('appeared', 'withdrawn', 'restored')
          OR r.type = 'UNITE_COIN_EARN' AND e.change IN ('amended', 'settled'))
     AND sync.may_repeat_earning(r.type) AND r.status = 'SETTLED' AND r.withdrawn_at IS NULL
     AND e.valid_from > c.closed_at AND (c.next_at IS NULL OR e.valid_from <= c.next_at)
   UNION
  -- Rewards that count no longer, or again, since the definition of the pool's totals says so.
  SELECT r.puid, r.algo, r.currency, r.mining_date, e.at, c.month, c.closed_at, c.next_at, c.time_zone
    FROM sync.same_income s
   CROSS JOIN LATERAL (VALUES (s.valid_from), (s.valid_to)) AS e (at)
    JOIN pool.reward_revisions r ON r.puid = s.puid AND r.type = s.type
    JOIN closed c ON c.month = sync.month_of(coalesce(r.settled_at, r.mined_at), c.time_zone)
   WHERE e.at > c.closed_at AND (c.next_at IS NULL OR e.at <= c.next_at)
     AND r.status = 'SETTLED' AND r.withdrawn_at IS NULL
), changes AS (
  SELECT e.*, d.paid_date, d.paid_before, d.paid_after
    FROM events e
   CROSS JOIN LATERAL (
     SELECT coalesce(a.paid_date, b.paid_date) AS paid_date, coalesce(b.amount, 0) AS paid_before, coalesce(a.amount, 0) AS paid_after
       FROM sync.day_payments_as_of(e.puid, e.algo, e.currency, e.mining_date, e.time_zone,
                                    e.at - interval '1 microsecond') AS b
       FULL JOIN sync.day_payments_as_of(e.puid, e.algo, e.currency, e.mining_date, e.time_zone, e.at) AS a
         ON a.paid_date = b.paid_date) AS d
   WHERE date_trunc('month', d.paid_date::timestamp)::date = e.month
)
SELECT a.account_name, a.sub_account,
       c.puid, c.algo, c.currency, c.month, c.mining_date, c.paid_date, c.at AS known_at,
       sync.booking_month(c.month, c.at, c.time_zone) AS booked_in,
       c.paid_before, c.paid_after,
       c.paid_after - c.paid_before AS change,
       trim_scale(c.paid_after - c.paid_before)::text AS change_text,
       c.closed_at, c.next_at AS superseded_at, a.account_id
  FROM changes c
  JOIN report.sub_accounts a ON a.puid = c.puid
 WHERE c.paid_before <> c.paid_after;

COMMENT ON VIEW report.payment_changes IS 'report.income_changes for cash-basis books: payments of a closed month that were shown, moved, corrected or taken back after its close, each booked in the earliest later month that was open then. Use the one that matches your books, never both.';
COMMENT ON COLUMN report.payment_changes.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.payment_changes.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.payment_changes.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.payment_changes.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.payment_changes.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.payment_changes.month IS 'First day of the closed month whose payments changed.';
COMMENT ON COLUMN report.payment_changes.mining_date IS 'The mining day that was paid for, UTC.';
COMMENT ON COLUMN report.payment_changes.paid_date IS 'Day of the payment, in the reports'' time zone; the mining day if it is settled without a settle time.';
COMMENT ON COLUMN report.payment_changes.known_at IS 'When the change became known.';
COMMENT ON COLUMN report.payment_changes.booked_in IS 'First day of the month in which to book it.';
COMMENT ON COLUMN report.payment_changes.paid_before IS 'Paid on that day for that day of mining, before.';
COMMENT ON COLUMN report.payment_changes.paid_after IS 'The same afterwards.';
COMMENT ON COLUMN report.payment_changes.change IS 'paid_after - paid_before: the adjustment.';
COMMENT ON COLUMN report.payment_changes.change_text IS 'The change as text, all digits.';
COMMENT ON COLUMN report.payment_changes.closed_at IS 'The instant as of which the month was closed.';
COMMENT ON COLUMN report.payment_changes.superseded_at IS 'When the month was reopened or closed again, so that its own figure includes the change; do not book it then. Null: the adjustment stands.';
COMMENT ON COLUMN report.payment_changes.account_id IS 'The account''s number in the schema pool.';
