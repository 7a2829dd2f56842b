-- Totals that reports open at any size, kept with the ledger in the same transaction: income by day, mined income beside
-- the hashrate that earned it, what both lists hold, days with an earning, and how long the pool took to pay.

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
  paid_items      integer NOT NULL,
  PRIMARY KEY (puid, currency, day)
) WITH (fillfactor = 80);
CREATE INDEX income_by_day_day_idx ON sync.income_by_day (day);
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
COMMENT ON COLUMN sync.income_by_day.paid_items IS 'Items that were settled on the day.';

CREATE TABLE sync.mined_days (
  puid          bigint NOT NULL,
  algo          text NOT NULL,
  mining_date   date NOT NULL,
  currency      text NOT NULL,
  income        numeric NOT NULL,
  served_hps    numeric,
  PRIMARY KEY (puid, algo, mining_date, currency)
);
CREATE INDEX mined_days_mining_date_idx ON sync.mined_days (mining_date);
-- Few: coins that exist only in rewards, which have no hashrate.
CREATE INDEX mined_days_without_rate_idx ON sync.mined_days (puid, algo, currency, mining_date) WHERE served_hps IS NULL;
COMMENT ON TABLE sync.mined_days IS 'Maintained with the ledger: income from mining by day, and the hashrate that earned it. Read report.income_efficiency instead.';
COMMENT ON COLUMN sync.mined_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.mined_days.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.mined_days.mining_date IS 'The pool''s day of mining, UTC.';
COMMENT ON COLUMN sync.mined_days.currency IS 'Currency of the income.';
COMMENT ON COLUMN sync.mined_days.income IS 'Earnings, and rewards of mining and merged mining that count as income.';
COMMENT ON COLUMN sync.mined_days.served_hps IS 'Hashrate that the pool serves with it, mean of its items, H/s; null when none.';

CREATE TABLE sync.overlap_days (
  puid              bigint NOT NULL,
  algo              text NOT NULL,
  currency          text NOT NULL,
  mining_date       date NOT NULL,
  types             text NOT NULL,
  left_out_items    integer NOT NULL,
  left_out_amount   numeric NOT NULL,
  left_out_statuses text NOT NULL,
  evidence          text NOT NULL,
  earning_items     integer NOT NULL,
  earnings_amount   numeric NOT NULL,
  earning_statuses  text NOT NULL,
  PRIMARY KEY (puid, algo, currency, mining_date)
);
CREATE INDEX overlap_days_mining_date_idx ON sync.overlap_days (mining_date);
COMMENT ON TABLE sync.overlap_days IS 'Maintained with the ledger: days whose earnings stand for rewards, which are left out. Read report.income_overlap instead.';
COMMENT ON COLUMN sync.overlap_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.overlap_days.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.overlap_days.currency IS 'Currency of the amounts.';
COMMENT ON COLUMN sync.overlap_days.mining_date IS 'The pool''s day of mining, UTC.';
COMMENT ON COLUMN sync.overlap_days.types IS 'Types of the rewards left out.';
COMMENT ON COLUMN sync.overlap_days.left_out_items IS 'Number of rewards left out.';
COMMENT ON COLUMN sync.overlap_days.left_out_amount IS 'Their amounts added up.';
COMMENT ON COLUMN sync.overlap_days.left_out_statuses IS 'Their statuses, the first and the last in order of text.';
COMMENT ON COLUMN sync.overlap_days.evidence IS 'Why they are left out: type, amount, day, as in sync.income_items.repeats.';
COMMENT ON COLUMN sync.overlap_days.earning_items IS 'Earnings of the day.';
COMMENT ON COLUMN sync.overlap_days.earnings_amount IS 'Their amounts added up.';
COMMENT ON COLUMN sync.overlap_days.earning_statuses IS 'Their statuses, the first and the last in order of text.';

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

-- One statement keeps all of these totals. What changed is counted again, in whole days or months of a scope and currency,
-- since an earning decides whether a reward of its day counts; sums that many days share move by the difference. Every row
-- belongs to one sub-account, so commits of different ones never wait for each other.
--
-- In order: the days that changed (changed) and their items (items); then for each total what its rows are now, or what
-- they gain, the rows that go (…_gone), and the rows that stay or are new (…_kept):
--   days, gains               sync.income_days, from which follow
--     months_kept             sync.income_months (rows without entries are deleted after this statement)
--     report_day_gains        sync.income_by_day
--   mined                     sync.mined_days
--   overlapping               sync.overlap_days
--   delays                    sync.settlement_months
--   earning_months            sync.earning_months
--
-- {sums} and the like are the twelve sums of sync.income_days, earnings_settled to merged_other.
CREATE FUNCTION sync.totals_statement(changed text) RETURNS text
  LANGUAGE sql IMMUTABLE
  AS $$
WITH sums AS (
  SELECT kind || '_' || state AS name, kinds.condition || ' AND ' || states.condition AS condition, kind_number, state_number
    FROM (VALUES (1, 'earnings', $q$source = 'earnings'$q$), (2, 'rewards', $q$source = 'rewards'$q$),
                 (3, 'left_out', $q$source = 'left out'$q$), (4, 'merged', $q$repeats = 'day'$q$)) AS kinds (kind_number, kind, condition),
         (VALUES (1, 'settled', $q$status = 'SETTLED'$q$), (2, 'pending', $q$status = 'WAIT_SETTLE'$q$),
                 (3, 'other', $q$status NOT IN ('SETTLED', 'WAIT_SETTLE')$q$)) AS states (state_number, state, condition)
), lists AS (
  SELECT string_agg(name, ', ' ORDER BY kind_number, state_number) AS sums,
         string_agg('-' || name, ', ' ORDER BY kind_number, state_number) AS negated_sums,
         string_agg('0', ', ') AS zeros,
         string_agg(format('coalesce(sum(amount) FILTER (WHERE %s), 0) AS %s', condition, name), ', ' ORDER BY kind_number, state_number) AS counted_sums,
         string_agg(format('sum(%1$s) AS %1$s', name), ', ' ORDER BY kind_number, state_number) AS added_sums,
         string_agg(format('%1$s = t.%1$s + excluded.%1$s', name), ', ' ORDER BY kind_number, state_number) AS moved_sums
    FROM sums
)
SELECT sync.fill_in($sql$
  WITH
  -- The days of a month as an array: comparing with it needs no join, whatever the planner takes their number for.
  changed AS MATERIALIZED (
    SELECT puid, algo, currency, date_trunc('month', mining_date::timestamp)::date AS month,
           array_agg(DISTINCT mining_date) AS days
      FROM ({changed}) AS c GROUP BY 1, 2, 3, 4
  ),
  -- OFFSET 0 keeps every month a look-up by its key: a planner that has not seen the table filled yet (a first sync) would
  -- compare each month with all others.
  items AS MATERIALIZED (
    SELECT c.puid, c.algo, c.currency, c.month, i.*, i.mining_date = ANY (c.days) AS in_changed_day
      FROM changed AS c
     CROSS JOIN LATERAL (
       SELECT mining_date, mined_at, source, type, amount, status, settled_at, hash_rate_hps, repeats
         FROM ({items}) AS i
        WHERE i.puid = c.puid AND i.algo = c.algo AND i.currency = c.currency
          AND i.mined_at >= sync.start_of_day(c.month, 'UTC')
          AND i.mined_at < sync.start_of_day((c.month + interval '1 month')::date, 'UTC')
       OFFSET 0) AS i
  ),

  -- sync.income_days
  days AS (
    SELECT puid, algo, currency, mining_date, day, paid_date,
           {counted_sums},
           count(*) FILTER (WHERE source <> 'left out') AS items
      FROM (SELECT i.*, sync.day_of(mined_at, z.time_zone) AS day,
                   CASE WHEN status = 'SETTLED' AND settled_at IS NOT NULL
                     THEN sync.day_of(settled_at, z.time_zone) ELSE 'infinity' END AS paid_date
              FROM items AS i CROSS JOIN sync.report_zone AS z WHERE in_changed_day) AS i
     GROUP BY puid, algo, currency, mining_date, day, paid_date
  ),
  -- What each row of sync.income_days gains; entries: 1 for a new row, -1 for one that goes.
  gains AS MATERIALIZED (
    SELECT puid, algo, currency, mining_date, day, paid_date,
           {added_sums}, sum(items)::integer AS items, sum(entries)::integer AS entries
      FROM (SELECT *, 1 AS entries FROM days
             UNION ALL
            SELECT d.puid, d.algo, d.currency, d.mining_date, d.day, d.paid_date,
                   {negated_sums}, -items, -1
              FROM changed AS c
             CROSS JOIN LATERAL (
               SELECT * FROM sync.income_days d
                WHERE d.puid = c.puid AND d.algo = c.algo AND d.currency = c.currency AND d.mining_date = ANY (c.days)
                  AND d.mining_date >= c.month AND d.mining_date < (c.month + interval '1 month')::date
               OFFSET 0) AS d) AS sides
     GROUP BY puid, algo, currency, mining_date, day, paid_date
  ),
  days_gone AS (
    DELETE FROM sync.income_days AS d USING gains AS g
     WHERE g.entries < 0
       AND (d.puid, d.algo, d.currency, d.mining_date, d.day, d.paid_date)
         = (g.puid, g.algo, g.currency, g.mining_date, g.day, g.paid_date)
  ),
  days_kept AS (
    INSERT INTO sync.income_days AS t
    SELECT puid, algo, currency, mining_date, day, paid_date, {sums}, items
      FROM gains WHERE entries >= 0
        ON CONFLICT (puid, algo, currency, mining_date, day, paid_date) DO UPDATE SET
      {moved_sums}, items = t.items + excluded.items
  ),

  -- sync.income_months
  months_kept AS (
    INSERT INTO sync.income_months AS t
    SELECT puid, algo, currency, month, {added_sums}, sum(settled_undated), sum(paid), sum(items), sum(entries)
      FROM (SELECT puid, algo, currency, date_trunc('month', day::timestamp)::date AS month, {sums},
                   CASE WHEN paid_date = 'infinity' THEN earnings_settled + rewards_settled ELSE 0 END AS settled_undated,
                   0::numeric AS paid, items, entries
              FROM gains
             UNION ALL
            SELECT puid, algo, currency, date_trunc('month', paid_date::timestamp)::date, {zeros},
                   0, earnings_settled + rewards_settled, 0, entries
              FROM gains WHERE paid_date < 'infinity') AS sides
     GROUP BY puid, algo, currency, month
        ON CONFLICT (puid, algo, currency, month) DO UPDATE SET
      {moved_sums}, settled_undated = t.settled_undated + excluded.settled_undated, paid = t.paid + excluded.paid,
      items = t.items + excluded.items, entries = t.entries + excluded.entries
  ),

  -- sync.income_by_day
  report_day_gains AS MATERIALIZED (
    SELECT puid, currency, day, sum(settled) AS settled, sum(pending) AS pending, sum(other) AS other, sum(paid) AS paid,
           sum(undated) AS undated, sum(items)::integer AS items, sum(paid_items)::integer AS paid_items
      FROM (SELECT puid, currency, day, earnings_settled + rewards_settled AS settled,
                   earnings_pending + rewards_pending AS pending, earnings_other + rewards_other AS other, 0 AS paid,
                   CASE WHEN paid_date = 'infinity' THEN earnings_settled + rewards_settled ELSE 0 END AS undated,
                   items, 0 AS paid_items
              FROM gains
             UNION ALL
            SELECT puid, currency, paid_date, 0, 0, 0, earnings_settled + rewards_settled, 0, 0, items
              FROM gains WHERE paid_date < 'infinity') AS sides
     GROUP BY puid, currency, day
    -- Rewards that duplicate earnings add nothing here.
    HAVING sum(items) <> 0 OR sum(paid_items) <> 0 OR sum(settled) <> 0 OR sum(pending) <> 0 OR sum(other) <> 0 OR sum(paid) <> 0
  ),
  report_days_gone AS (
    DELETE FROM sync.income_by_day AS d USING report_day_gains AS g
     WHERE (g.items < 0 OR g.paid_items < 0) AND (d.puid, d.currency, d.day) = (g.puid, g.currency, g.day)
       AND d.items + g.items = 0 AND d.paid_items + g.paid_items = 0
  ),
  report_days_kept AS (
    INSERT INTO sync.income_by_day AS d
    SELECT * FROM report_day_gains AS g
     WHERE (g.items >= 0 AND g.paid_items >= 0)
        OR NOT EXISTS (SELECT FROM sync.income_by_day o
                        WHERE (o.puid, o.currency, o.day) = (g.puid, g.currency, g.day)
                          AND o.items + g.items = 0 AND o.paid_items + g.paid_items = 0)
        ON CONFLICT (puid, currency, day) DO UPDATE SET
      settled = d.settled + excluded.settled, pending = d.pending + excluded.pending, other = d.other + excluded.other,
      paid = d.paid + excluded.paid, settled_undated = d.settled_undated + excluded.settled_undated,
      items = d.items + excluded.items, paid_items = d.paid_items + excluded.paid_items
  ),

  -- sync.mined_days
  mined AS MATERIALIZED (
    SELECT puid, algo, mining_date, currency, max(income) AS income, max(hps) AS hps, bool_or(is_now) AS is_now
      FROM (SELECT puid, algo, mining_date, currency, sum(amount) AS income,
                   coalesce(avg(hash_rate_hps) FILTER (WHERE source = 'earnings' AND hash_rate_hps > 0),
                            avg(hash_rate_hps) FILTER (WHERE hash_rate_hps > 0)) AS hps, true AS is_now
              FROM items
             WHERE in_changed_day AND (source = 'earnings' OR source = 'rewards' AND sync.may_repeat_earning(type))
             GROUP BY puid, algo, mining_date, currency
             UNION ALL
            SELECT m.puid, m.algo, m.mining_date, m.currency, NULL, NULL, false
              FROM changed AS c
             CROSS JOIN LATERAL (
               -- Conditions that only the primary key can serve: the index by day holds all sub-accounts'.
               SELECT * FROM sync.mined_days m
                WHERE (m.puid, m.algo, m.mining_date) >= (c.puid, c.algo, c.month)
                  AND (m.puid, m.algo, m.mining_date) < (c.puid, c.algo, (c.month + interval '1 month')::date)
                  AND m.currency = c.currency AND array_position(c.days, m.mining_date) IS NOT NULL
               OFFSET 0) AS m) AS sides
     GROUP BY puid, algo, mining_date, currency
  ),
  mined_gone AS (
    DELETE FROM sync.mined_days AS d USING mined AS m
     WHERE NOT m.is_now AND (d.puid, d.algo, d.mining_date, d.currency) >= (m.puid, m.algo, m.mining_date, m.currency)
       AND (d.puid, d.algo, d.mining_date, d.currency) <= (m.puid, m.algo, m.mining_date, m.currency)
  ),
  mined_kept AS (
    INSERT INTO sync.mined_days AS d (puid, algo, mining_date, currency, income, served_hps)
    SELECT puid, algo, mining_date, currency, income, hps FROM mined WHERE is_now
        ON CONFLICT (puid, algo, mining_date, currency) DO UPDATE SET
      income = excluded.income, served_hps = excluded.served_hps
     WHERE (d.income, d.served_hps) IS DISTINCT FROM (excluded.income, excluded.served_hps)
  ),

  -- sync.overlap_days
  overlapping AS MATERIALIZED (
    SELECT puid, algo, currency, mining_date, concat_ws(', ', min(type), nullif(max(type), min(type))) AS types,
           count(type)::integer AS left_out_items, sum(amount) FILTER (WHERE type IS NOT NULL) AS left_out_amount,
           concat_ws(', ', min(status) FILTER (WHERE type IS NOT NULL),
                     nullif(max(status) FILTER (WHERE type IS NOT NULL), min(status) FILTER (WHERE type IS NOT NULL))) AS left_out_statuses,
           concat_ws(', ', max('type') FILTER (WHERE source = 'left out' AND repeats = 'type'),
                     max('amount') FILTER (WHERE source = 'left out' AND repeats = 'amount'),
                     max('day') FILTER (WHERE source = 'left out' AND repeats = 'day')) AS evidence,
           count(*) FILTER (WHERE type IS NULL)::integer AS earning_items, sum(amount) FILTER (WHERE type IS NULL) AS earnings_amount,
           concat_ws(', ', min(status) FILTER (WHERE type IS NULL),
                     nullif(max(status) FILTER (WHERE type IS NULL), min(status) FILTER (WHERE type IS NULL))) AS earning_statuses
      FROM items
     WHERE in_changed_day AND source IN ('earnings', 'left out')
     GROUP BY puid, algo, currency, mining_date
    HAVING count(type) > 0
  ),
  overlaps_gone AS (
    DELETE FROM sync.overlap_days AS d USING changed AS c
     -- Conditions that only the primary key can serve, as above.
     WHERE (d.puid, d.algo, d.currency, d.mining_date) >= (c.puid, c.algo, c.currency, c.month)
       AND (d.puid, d.algo, d.currency, d.mining_date) < (c.puid, c.algo, c.currency, (c.month + interval '1 month')::date)
       AND array_position(c.days, d.mining_date) IS NOT NULL
       AND NOT EXISTS (SELECT FROM overlapping o
                        WHERE (o.puid, o.algo, o.currency, o.mining_date) = (d.puid, d.algo, d.currency, d.mining_date))
  ),
  overlaps_kept AS (
    INSERT INTO sync.overlap_days AS d
    SELECT * FROM overlapping
        ON CONFLICT (puid, algo, currency, mining_date) DO UPDATE SET
      types = excluded.types, left_out_items = excluded.left_out_items, left_out_amount = excluded.left_out_amount,
      left_out_statuses = excluded.left_out_statuses, evidence = excluded.evidence, earning_items = excluded.earning_items,
      earnings_amount = excluded.earnings_amount, earning_statuses = excluded.earning_statuses
     WHERE (d.types, d.left_out_items, d.left_out_amount, d.left_out_statuses, d.evidence, d.earning_items, d.earnings_amount, d.earning_statuses)
       IS DISTINCT FROM (excluded.types, excluded.left_out_items, excluded.left_out_amount, excluded.left_out_statuses,
                         excluded.evidence, excluded.earning_items, excluded.earnings_amount, excluded.earning_statuses)
  ),

  -- sync.settlement_months
  delays AS MATERIALIZED (
    SELECT puid, algo, currency, month, state, delay_hours, sum(items)::integer AS items, sum(seconds) AS seconds
      FROM (SELECT puid, algo, currency, month, state, coalesce(ceil(seconds / 3600), 0)::bigint AS delay_hours, count(*) AS items,
                   coalesce(sum(seconds), 0) AS seconds
              FROM (SELECT *, CASE WHEN status <> 'SETTLED' THEN 'unsettled' WHEN settled_at IS NULL THEN 'undated' ELSE 'settled' END AS state,
                           CASE WHEN status = 'SETTLED' THEN extract(epoch FROM settled_at - mined_at)::numeric END AS seconds
                      FROM items WHERE source <> 'left out') AS i
             GROUP BY 1, 2, 3, 4, 5, 6
             UNION ALL
            SELECT m.puid, m.algo, m.currency, m.month, m.state, m.delay_hours, 0, 0
              FROM changed AS c
             CROSS JOIN LATERAL (
               SELECT * FROM sync.settlement_months m
                WHERE m.puid = c.puid AND m.algo = c.algo AND m.currency = c.currency AND m.month = c.month
               OFFSET 0) AS m) AS sides
     GROUP BY puid, algo, currency, month, state, delay_hours
  ),
  delays_gone AS (
    DELETE FROM sync.settlement_months AS d USING delays AS n
     WHERE n.items = 0
       AND (d.puid, d.algo, d.currency, d.month, d.state, d.delay_hours) = (n.puid, n.algo, n.currency, n.month, n.state, n.delay_hours)
  ),
  delays_kept AS (
    INSERT INTO sync.settlement_months AS d (puid, algo, currency, month, state, delay_hours, items, seconds)
    SELECT * FROM delays WHERE items > 0
        ON CONFLICT (puid, algo, currency, month, state, delay_hours) DO UPDATE SET
      items = excluded.items, seconds = excluded.seconds
     WHERE (d.items, d.seconds) IS DISTINCT FROM (excluded.items, excluded.seconds)
  ),

  -- sync.earning_months
  earning_months AS MATERIALIZED (
    SELECT c.puid, c.algo, c.currency, c.month, min(mining_date) AS first_date, max(mining_date) AS last_date,
           bit_or(1 << (mining_date - c.month)) AS days
      FROM changed AS c
      LEFT JOIN items AS i ON (i.puid, i.algo, i.currency, i.month) = (c.puid, c.algo, c.currency, c.month) AND i.source = 'earnings'
     GROUP BY c.puid, c.algo, c.currency, c.month
  ),
  earning_months_gone AS (
    DELETE FROM sync.earning_months AS d USING earning_months AS m
     WHERE m.days IS NULL AND (d.puid, d.algo, d.currency, d.month) = (m.puid, m.algo, m.currency, m.month)
  )
  INSERT INTO sync.earning_months AS d (puid, algo, currency, month, first_date, last_date, days)
  SELECT * FROM earning_months WHERE days IS NOT NULL
      ON CONFLICT (puid, algo, currency, month) DO UPDATE SET
    first_date = excluded.first_date, last_date = excluded.last_date, days = excluded.days
   WHERE d.days <> excluded.days
$sql$,
  'counted_sums', counted_sums, 'added_sums', added_sums, 'negated_sums', negated_sums, 'moved_sums', moved_sums,
  'sums', sums, 'zeros', zeros,
  'changed', changed, 'items', sync.income_rule(NULL, 'changed_at', for_few_days => true))
  FROM lists
$$;
COMMENT ON FUNCTION sync.totals_statement(text) IS 'The statement that counts totals of income again. The argument is a query for puid, algo, currency, mining_date of what changed.';

-- Generated, not sent as text: the statement is then planned once a session. The settings keep that plan a look-up by keys,
-- even where it was made for a ledger that was empty.
DO $do$
BEGIN
  EXECUTE format($make$
    CREATE FUNCTION sync.follow_ledger() RETURNS trigger
      LANGUAGE plpgsql
      SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = 'off' SET enable_bitmapscan = 'off'
      AS $body$
    BEGIN
      IF NOT EXISTS (SELECT FROM touched) THEN
        RETURN NULL;
      END IF;
      -- An earning of a transaction that has not committed yet may decide whether a reward of its day counts. The
      -- statements below see what the other transactions of the sub-account have committed by now.
      PERFORM sync.lock(VARIADIC array_agg('income ' || scope.puid)) FROM (SELECT DISTINCT puid FROM touched) AS scope;
      %1$s;
      DELETE FROM sync.income_months AS m
       USING (SELECT DISTINCT puid, algo, currency FROM touched) AS t
       WHERE m.puid = t.puid AND m.algo = t.algo AND m.currency = t.currency AND m.entries = 0;
      RETURN NULL;
    END
    $body$
  $make$, sync.totals_statement('SELECT puid, algo, currency, mining_date FROM touched'));
END
$do$;
COMMENT ON FUNCTION sync.follow_ledger() IS 'Trigger: keeps the totals of what a statement changed, in its transaction.';

CREATE TRIGGER f_follow_inserts AFTER INSERT ON pool.earnings
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_ledger();
CREATE TRIGGER f_follow_updates AFTER UPDATE ON pool.earnings
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_ledger();
CREATE TRIGGER f_follow_inserts AFTER INSERT ON pool.rewards
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_ledger();
CREATE TRIGGER f_follow_updates AFTER UPDATE ON pool.rewards
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION sync.follow_ledger();

CREATE FUNCTION sync.recompute_income() RETURNS void
  LANGUAGE plpgsql VOLATILE
  AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Income is added up again only in READ COMMITTED transactions.'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  -- The lock of sync.fix_ledger_instant(): no ledger commit is in progress, and none can start.
  LOCK TABLE sync.ledger_clock IN EXCLUSIVE MODE;
  DELETE FROM sync.income_days;
  DELETE FROM sync.income_months;
  DELETE FROM sync.income_by_day;
  DELETE FROM sync.mined_days;
  DELETE FROM sync.overlap_days;
  DELETE FROM sync.settlement_months;
  DELETE FROM sync.earning_months;
  EXECUTE sync.totals_statement('SELECT puid, algo, currency, mining_date FROM sync.income_items');
END
$$;
COMMENT ON FUNCTION sync.recompute_income() IS 'Adds up all income again, from the ledger alone; commits of the ledger wait meanwhile. Needed only after a change of the time zone.';
