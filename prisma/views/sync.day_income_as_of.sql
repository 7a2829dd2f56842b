-- Used only by report.income_changes.
CREATE OR REPLACE FUNCTION sync.day_income_as_of(
    of_puid bigint, of_algo text, of_currency text, of_day date, of_month date, time_zone text, known_at timestamptz)
  RETURNS numeric
  LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(sum(i.amount), 0)
    FROM sync.day_items_as_of(known_at) i
   WHERE i.puid = of_puid AND i.algo = of_algo AND i.currency = of_currency AND i.source <> 'left out'
     AND i.mined_at >= sync.start_of_day(of_day, 'UTC') AND i.mined_at < sync.start_of_day(of_day + 1, 'UTC')
     AND sync.month_of(i.mined_at, time_zone) = of_month;
END;

COMMENT ON FUNCTION sync.day_income_as_of(bigint, text, text, date, date, text, timestamptz) IS 'Income of one UTC day of a scope and currency that falls into a month of the time zone, as known at an instant.';
