CREATE OR REPLACE FUNCTION sync.booking_month(changed_month date, known_at timestamptz, time_zone text) RETURNS date
  LANGUAGE sql STABLE PARALLEL SAFE
-- SECURITY DEFINER: views of report call it for readers, who have no rights on the records of closes.
  SECURITY DEFINER SET search_path = pg_catalog
BEGIN ATOMIC
SELECT min(m.month)::date
  FROM generate_series(changed_month + interval '1 month', sync.month_of(known_at, time_zone) + interval '2 months',
                       interval '1 month') AS m (month)
 WHERE NOT EXISTS (SELECT FROM sync.close_spans c
                    WHERE c.month = m.month::date AND c.closed_at < known_at
                      AND (c.next_at IS NULL OR known_at <= c.next_at));
END;

COMMENT ON FUNCTION sync.booking_month(date, timestamptz, text) IS 'The month in which a change of a closed month is booked: the first month after it that was not closed when the change became known.';
