CREATE OR REPLACE FUNCTION sync.price_date(basis text, status text, mined_at timestamptz, settled_at timestamptz, time_zone text)
  RETURNS date
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN basis = 'accrual' THEN sync.day_of(mined_at, time_zone)
            -- Settled without a settle time counts as paid when mined; what is not settled has no value yet.
            WHEN status = 'SETTLED' THEN sync.day_of(coalesce(settled_at, mined_at), time_zone) END;

COMMENT ON FUNCTION sync.price_date(text, text, timestamptz, timestamptz, text) IS 'The day whose price values an item of income: its mining day (accrual) or its payment day (cash; null until it is settled).';
