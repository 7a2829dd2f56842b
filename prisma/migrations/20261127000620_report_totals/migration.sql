-- Totals that reports open at any size, kept with the ledger in the same transaction: income by day, mined income beside
-- the hashrate that earned it, days with an earning, and how long the pool took to pay.

CREATE TABLE sync.income_by_day (
  puid            bigint NOT NULL,
  currency        text NOT NULL,
  day             date NOT NULL,
  settled         numeric NOT NULL,
  pending         numeric NOT NULL,
  other           numeric NOT NULL,
  paid            numeric NOT NULL,
  settled_undated numeric NOT NULL,
  items           integer NOT NULL,
  entries         integer NOT NULL,
  PRIMARY KEY (puid, currency, day)
) WITH (fillfactor = 80);
CREATE INDEX income_by_day_day_idx ON sync.income_by_day (day);
-- Holds what is about to be deleted, between two statements.
CREATE INDEX income_by_day_empty_idx ON sync.income_by_day (puid, currency) WHERE entries = 0;
COMMENT ON TABLE sync.income_by_day IS 'Maintained with the ledger: sync.income_days by day of the reports. Read report.daily_income instead.';
COMMENT ON COLUMN sync.income_by_day.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.income_by_day.currency IS 'Currency of the amounts.';
COMMENT ON COLUMN sync.income_by_day.day IS 'The day, in the time zone of the reports.';
COMMENT ON COLUMN sync.income_by_day.settled IS 'Mined on the day, settled.';
COMMENT ON COLUMN sync.income_by_day.pending IS 'Mined on the day, pending.';
COMMENT ON COLUMN sync.income_by_day.other IS 'Mined on the day, with a status that this program does not know.';
COMMENT ON COLUMN sync.income_by_day.paid IS 'Settled income by the day of its settle time.';
COMMENT ON COLUMN sync.income_by_day.settled_undated IS 'Part of settled that carries no settle time.';
COMMENT ON COLUMN sync.income_by_day.items IS 'Items mined on the day that count as income.';
COMMENT ON COLUMN sync.income_by_day.entries IS 'Rows of sync.income_days that are in this row; with the last one it goes.';

CREATE FUNCTION sync.follow_income_days() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format($sql$
    INSERT INTO sync.income_by_day AS d
    SELECT puid, currency, day, %1$s * sum(settled), %1$s * sum(pending), %1$s * sum(other), %1$s * sum(paid),
           %1$s * sum(undated), %1$s * sum(items), %1$s * count(*)
      FROM (SELECT puid, currency, day, earnings_settled + rewards_settled AS settled,
                   earnings_pending + rewards_pending AS pending, earnings_other + rewards_other AS other, 0 AS paid,
                   CASE WHEN paid_date = 'infinity' THEN earnings_settled + rewards_settled ELSE 0 END AS undated, items
              FROM moved WHERE items > 0
             UNION ALL
            SELECT puid, currency, paid_date, 0, 0, 0, earnings_settled + rewards_settled, 0, 0
              FROM moved WHERE items > 0 AND paid_date < 'infinity') AS parts
     GROUP BY puid, currency, day
        ON CONFLICT (puid, currency, day) DO UPDATE
       SET settled = d.settled + excluded.settled, pending = d.pending + excluded.pending,
           other = d.other + excluded.other, paid = d.paid + excluded.paid,
           settled_undated = d.settled_undated + excluded.settled_undated, items = d.items + excluded.items,
           entries = d.entries + excluded.entries
  $sql$, TG_ARGV[0]);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sync.follow_income_days() IS 'Trigger: adds (1) or takes away (-1) rows of sync.income_days in sync.income_by_day.';
CREATE TRIGGER follow_inserts AFTER INSERT ON sync.income_days
  REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_income_days('1');
CREATE TRIGGER follow_deletes AFTER DELETE ON sync.income_days
  REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_income_days('-1');

CREATE TABLE sync.mined_days (
  puid          bigint NOT NULL,
  algo          text NOT NULL,
  mining_date   date NOT NULL,
  currency      text NOT NULL,
  income        numeric NOT NULL,
  served_hps    numeric,
  hash_rate_hps numeric,
  PRIMARY KEY (puid, algo, mining_date, currency)
);
CREATE INDEX mined_days_mining_date_idx ON sync.mined_days (mining_date);
COMMENT ON TABLE sync.mined_days IS 'Maintained with the ledger: income from mining by day, and the hashrate that earned it. Read report.income_efficiency instead.';
COMMENT ON COLUMN sync.mined_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.mined_days.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.mined_days.mining_date IS 'The pool''s day of mining, UTC.';
COMMENT ON COLUMN sync.mined_days.currency IS 'Currency of the income.';
COMMENT ON COLUMN sync.mined_days.income IS 'Earnings, and rewards of mining and merged mining that count as income.';
COMMENT ON COLUMN sync.mined_days.served_hps IS 'Hashrate that the pool serves with it, mean of its items, H/s; null when none.';
COMMENT ON COLUMN sync.mined_days.hash_rate_hps IS 'The same; where none is served, that of the day''s other coins.';

CREATE TABLE sync.earning_months (
  puid       bigint NOT NULL,
  algo       text NOT NULL,
  currency   text NOT NULL,
  month      date NOT NULL,
  first_date date NOT NULL,
  last_date  date NOT NULL,
  days       integer NOT NULL,
  PRIMARY KEY (puid, algo, currency, month)
);
COMMENT ON TABLE sync.earning_months IS 'Maintained with the ledger: the days of a month that have an earning. Read report.missing_days instead.';
COMMENT ON COLUMN sync.earning_months.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.earning_months.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.earning_months.currency IS 'Currency of the earnings.';
COMMENT ON COLUMN sync.earning_months.month IS 'First day of the month, UTC.';
COMMENT ON COLUMN sync.earning_months.first_date IS 'First day with an earning.';
COMMENT ON COLUMN sync.earning_months.last_date IS 'Last day with an earning.';
COMMENT ON COLUMN sync.earning_months.days IS 'One bit a day that has an earning, the lowest the first of the month.';

CREATE TABLE sync.settlement_months (
  puid        bigint NOT NULL,
  algo        text NOT NULL,
  currency    text NOT NULL,
  month       date NOT NULL,
  state       text NOT NULL CHECK (state IN ('settled', 'undated', 'unsettled')),
  delay_hours bigint NOT NULL,
  items       integer NOT NULL,
  seconds     numeric NOT NULL,
  PRIMARY KEY (puid, algo, currency, month, state, delay_hours)
);
COMMENT ON TABLE sync.settlement_months IS 'Maintained with the ledger: how many items of a month the pool settled after how many hours. Read report.settlement_delay instead.';
COMMENT ON COLUMN sync.settlement_months.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.settlement_months.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.settlement_months.currency IS 'Currency of the items.';
COMMENT ON COLUMN sync.settlement_months.month IS 'First day of the month of mining, UTC.';
COMMENT ON COLUMN sync.settlement_months.state IS 'settled; undated: settled without a settle time; unsettled.';
COMMENT ON COLUMN sync.settlement_months.delay_hours IS 'From mining to settling, rounded up to the hour; 0 unless settled.';
COMMENT ON COLUMN sync.settlement_months.items IS 'Items of income.';
COMMENT ON COLUMN sync.settlement_months.seconds IS 'Their delays added up, s.';

-- Each of the two takes a query for rows of sync.income_items, of whole days or whole months.
CREATE FUNCTION sync.mined_days_statement(items text) RETURNS text
  LANGUAGE sql IMMUTABLE
  AS $$
SELECT format($sql$
  INSERT INTO sync.mined_days (puid, algo, mining_date, currency, income, served_hps, hash_rate_hps)
  SELECT puid, algo, mining_date, currency, income, hps, hps
    FROM (SELECT puid, algo, mining_date, currency, sum(amount) AS income,
                 coalesce(avg(hash_rate_hps) FILTER (WHERE source = 'earnings' AND hash_rate_hps > 0),
                          avg(hash_rate_hps) FILTER (WHERE hash_rate_hps > 0)) AS hps
            FROM (%s) AS items
           WHERE source = 'earnings' OR source = 'rewards' AND type IN ('MINING_EARN', 'UNITE_COIN_EARN')
           GROUP BY puid, algo, mining_date, currency) AS days
$sql$, items)
$$;
COMMENT ON FUNCTION sync.mined_days_statement(text) IS 'A statement that adds items of whole days to sync.mined_days.';

CREATE FUNCTION sync.mined_months_statement(items text) RETURNS text
  LANGUAGE sql IMMUTABLE
  AS $$
SELECT format($sql$
  WITH items AS (
    SELECT *, date_trunc('month', mining_date::timestamp)::date AS month,
           CASE WHEN status <> 'SETTLED' THEN 'unsettled' WHEN settled_at IS NULL THEN 'undated' ELSE 'settled' END AS state,
           CASE WHEN status = 'SETTLED' THEN extract(epoch FROM settled_at - mined_at)::numeric END AS seconds
      FROM (%s) AS i WHERE source <> 'left out'
  ), delays AS (
    INSERT INTO sync.settlement_months (puid, algo, currency, month, state, delay_hours, items, seconds)
    SELECT puid, algo, currency, month, state, coalesce(ceil(seconds / 3600), 0), count(*), coalesce(sum(seconds), 0)
      FROM items GROUP BY 1, 2, 3, 4, 5, 6
  )
  INSERT INTO sync.earning_months (puid, algo, currency, month, first_date, last_date, days)
  SELECT puid, algo, currency, month, min(mining_date), max(mining_date), bit_or(1 << (mining_date - month))
    FROM items WHERE source = 'earnings' GROUP BY 1, 2, 3, 4
$sql$, items)
$$;
COMMENT ON FUNCTION sync.mined_months_statement(text) IS 'A statement that adds items of whole months to sync.settlement_months and sync.earning_months.';

CREATE FUNCTION sync.follow_mining() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
DECLARE
  -- OFFSET 0 keeps every span a look-up by its key, as in sync.follow_ledger().
  items CONSTANT text := $sql$
    SELECT i.* FROM (SELECT DISTINCT puid, algo, currency, %1$s AS from_date FROM touched) AS t
     CROSS JOIN LATERAL (
       SELECT * FROM sync.income_items i
        WHERE i.puid = t.puid AND i.algo = t.algo AND i.currency = t.currency
          AND i.mining_date >= t.from_date AND i.mining_date < (t.from_date + interval '1 %2$s')::date
          AND i.mined_at >= sync.start_of_day(t.from_date, 'UTC')
          AND i.mined_at < sync.start_of_day((t.from_date + interval '1 %2$s')::date, 'UTC')
       OFFSET 0) AS i
  $sql$;
  month CONSTANT text := $sql$date_trunc('month', mining_date::timestamp)::date$sql$;
BEGIN
  -- Fires after sync.follow_ledger(), which holds the lock of the sub-account.
  IF NOT EXISTS (SELECT FROM touched) THEN
    RETURN NULL;
  END IF;
  EXECUTE 'DELETE FROM sync.mined_days AS d
            USING (SELECT DISTINCT puid, algo, mining_date, currency FROM touched) AS t
            WHERE d.puid = t.puid AND d.algo = t.algo AND d.mining_date = t.mining_date AND d.currency = t.currency';
  EXECUTE sync.mined_days_statement(format(items, 'mining_date', 'day'));
  EXECUTE 'UPDATE sync.mined_days AS d SET hash_rate_hps = o.hps
             FROM (SELECT DISTINCT puid, algo, mining_date FROM touched) AS t
            CROSS JOIN LATERAL (SELECT max(served_hps) AS hps FROM sync.mined_days m
                                 WHERE m.puid = t.puid AND m.algo = t.algo AND m.mining_date = t.mining_date) AS o
            WHERE d.puid = t.puid AND d.algo = t.algo AND d.mining_date = t.mining_date
              AND d.served_hps IS NULL AND d.hash_rate_hps IS DISTINCT FROM o.hps';
  EXECUTE format('DELETE FROM sync.settlement_months AS d
            USING (SELECT DISTINCT puid, algo, currency, %s AS month FROM touched) AS t
            WHERE d.puid = t.puid AND d.algo = t.algo AND d.currency = t.currency AND d.month = t.month', month);
  EXECUTE format('DELETE FROM sync.earning_months AS d
            USING (SELECT DISTINCT puid, algo, currency, %s AS month FROM touched) AS t
            WHERE d.puid = t.puid AND d.algo = t.algo AND d.currency = t.currency AND d.month = t.month', month);
  EXECUTE sync.mined_months_statement(format(items, month, 'month'));
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sync.follow_mining() IS 'Trigger: counts the days and months that a statement changed anew, in its transaction.';

CREATE TRIGGER g_follow_inserts AFTER INSERT ON pool.earnings
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_mining();
CREATE TRIGGER g_follow_updates AFTER UPDATE ON pool.earnings
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_mining();
CREATE TRIGGER g_follow_inserts AFTER INSERT ON pool.rewards
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_mining();
CREATE TRIGGER g_follow_updates AFTER UPDATE ON pool.rewards
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_mining();

CREATE FUNCTION sync.recompute_mining() RETURNS void
  LANGUAGE plpgsql VOLATILE
  AS $$
BEGIN
  DELETE FROM sync.mined_days;
  DELETE FROM sync.settlement_months;
  DELETE FROM sync.earning_months;
  EXECUTE sync.mined_days_statement('SELECT * FROM sync.income_items');
  UPDATE sync.mined_days AS d SET hash_rate_hps = o.hps
    FROM (SELECT puid, algo, mining_date, max(served_hps) AS hps FROM sync.mined_days GROUP BY 1, 2, 3) AS o
   WHERE d.puid = o.puid AND d.algo = o.algo AND d.mining_date = o.mining_date AND d.served_hps IS NULL
     AND d.hash_rate_hps IS DISTINCT FROM o.hps;
  EXECUTE sync.mined_months_statement('SELECT * FROM sync.income_items');
END
$$;
COMMENT ON FUNCTION sync.recompute_mining() IS 'Counts sync.mined_days, sync.settlement_months and sync.earning_months anew. Called by sync.recompute_income(), which holds the lock.';
