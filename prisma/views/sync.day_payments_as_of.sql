-- Used only by report.payment_changes.
CREATE OR REPLACE FUNCTION sync.day_payments_as_of(
    of_puid bigint, of_algo text, of_currency text, of_day date, time_zone text, known_at timestamptz)
  RETURNS TABLE (paid_date date, amount numeric)
  LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT sync.day_of(coalesce(i.settled_at, i.mined_at), time_zone), sum(i.amount)
    FROM sync.day_items_as_of(known_at) i
   WHERE i.puid = of_puid AND i.algo = of_algo AND i.currency = of_currency AND i.source <> 'left out'
     AND i.mined_at >= sync.start_of_day(of_day, 'UTC') AND i.mined_at < sync.start_of_day(of_day + 1, 'UTC')
     AND i.status = 'SETTLED'
   GROUP BY 1;
END;

COMMENT ON FUNCTION sync.day_payments_as_of(bigint, text, text, date, text, timestamptz) IS 'Payments, by day, for one UTC day of mining of a scope and currency, as known at an instant. An item settled without a settle time counts as paid when mined.';
