-- What counts as income, and what it comes to by day and by month, kept with the ledger in the same transaction, so that
-- dashboards need not add it up.

CREATE VIEW sync.report_zone AS
SELECT coalesce((SELECT value #>> '{}' FROM sync.settings WHERE key = 'report_time_zone'), 'UTC') AS time_zone;
COMMENT ON VIEW sync.report_zone IS 'The time zone whose days and months the reports count by (REPORT_TIME_ZONE); one row.';
COMMENT ON COLUMN sync.report_zone.time_zone IS 'Name of the zone, e.g. UTC or Europe/Berlin.';

-- A reward of one of these types may be an earning that the pool lists a second time.
CREATE FUNCTION sync.may_repeat_earning(type text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN type IN ('MINING_EARN', 'UNITE_COIN_EARN');
COMMENT ON FUNCTION sync.may_repeat_earning(text) IS 'Whether a reward of this type is income from mining, which an earning may hold already.';

-- Income of a sub-account that the pool's totals of its account were proven to count once, though two lists show it with
-- different amounts. By sub-account, since one that moves to another account takes its history along.
CREATE TABLE sync.same_income (
  puid       bigint NOT NULL REFERENCES pool.sub_accounts,
  type       text NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_to   timestamptz CHECK (valid_to > valid_from),
  PRIMARY KEY (puid, type, valid_from)
);
CREATE UNIQUE INDEX same_income_open_idx ON sync.same_income (puid, type) WHERE valid_to IS NULL;
COMMENT ON TABLE sync.same_income IS 'From when to when rewards of a type count as the same income as an earning of their algorithm, currency and day, whatever their amounts, since the proven definition of the pool''s totals says so. Written by sync.keep_same_income.';
COMMENT ON COLUMN sync.same_income.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.same_income.type IS 'Type of the rewards.';
COMMENT ON COLUMN sync.same_income.valid_from IS 'When it was proven.';
COMMENT ON COLUMN sync.same_income.valid_to IS 'When another definition took the place of the one that says so; null: it holds.';

CREATE FUNCTION sync.only_end_same_income() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  IF OLD.valid_to IS NOT NULL
     OR (NEW.puid, NEW.type, NEW.valid_from) IS DISTINCT FROM (OLD.puid, OLD.type, OLD.valid_from) THEN
    RAISE EXCEPTION 'What counted as the same income stays on record: its end is set once, nothing else.'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION sync.only_end_same_income() IS 'Trigger: refuses every change but an end.';
CREATE TRIGGER same_income_ends_once BEFORE UPDATE ON sync.same_income
  FOR EACH ROW EXECUTE FUNCTION sync.only_end_same_income();
CREATE TRIGGER same_income_is_kept BEFORE DELETE OR TRUNCATE ON sync.same_income
  FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse('What counted as the same income stays on record.');

-- With its owner's rights: report.income_as_of runs with those of a reader, who may not read the table.
CREATE FUNCTION sync.same_income_at(known_at timestamptz) RETURNS TABLE (puid bigint, type text)
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog ROWS 10
BEGIN ATOMIC
  SELECT s.puid, s.type FROM sync.same_income s WHERE s.valid_from <= known_at AND (s.valid_to IS NULL OR s.valid_to > known_at);
END;
COMMENT ON FUNCTION sync.same_income_at(timestamptz) IS 'Whose rewards of which type counted as the same income as earnings of their day at that instant; infinity: now.';

-- Replaces each {name} of a template by the value of that name. A value may hold names itself, of values after it.
CREATE FUNCTION sync.fill_in(template text, VARIADIC names_and_values text[]) RETURNS text
  LANGUAGE plpgsql IMMUTABLE
  AS $$
BEGIN
  FOR i IN 1 .. array_length(names_and_values, 1) BY 2 LOOP
    template := replace(template, '{' || names_and_values[i] || '}', names_and_values[i + 1]);
  END LOOP;
  RETURN template;
END
$$;
COMMENT ON FUNCTION sync.fill_in(text, text[]) IS 'A template with each {name} replaced by its value: names and values in turn.';

-- The rule of what counts as income. Every earning counts. A reward counts too, unless an earning of its sub-account,
-- algorithm, currency and day stands for it: for a MINING_EARN always, for a UNITE_COIN_EARN if the amounts are equal or
-- sync.same_income says so.
--
-- The rule is a template, because three queries apply it: to the ledger now, to the ledger as of an instant, and to a few
-- days of a scope (for_few_days), without names. PostgreSQL plans the first two with hash anti-joins over whole lists, the
-- third with look-ups by key; one query for all three would be slow in one of them.
CREATE FUNCTION sync.income_rule(as_of text, stamps text, for_few_days boolean DEFAULT false) RETURNS text
  LANGUAGE sql IMMUTABLE
  AS $function$
SELECT sync.fill_in(
  -- Branches with UNION ALL instead of conditions: a query for one source then reads one list only.
  $template$
    -- Earnings.
    SELECT {key}, 'earnings'::text AS source, NULL::text AS type, {content}, reject_rate, {stamps}{names}, NULL::text AS repeats
      FROM {earnings}{named} WHERE {is_known}
    UNION ALL
    -- Rewards that no earning can stand for.
    SELECT {key}, 'rewards', type, {content}, NULL, {stamps}{names}, NULL
      FROM {rewards}{named} WHERE {is_known} AND NOT sync.may_repeat_earning(type)
    UNION ALL
  $template$ ||
  CASE WHEN for_few_days THEN $template$
    -- Rewards of mining: each is compared with the earnings of its day once.
    SELECT {key}, CASE WHEN repeats IN ('type', 'amount') OR repeats = 'day' AND {is_same_income} THEN 'left out' ELSE 'rewards' END,
           type, {content}, NULL, {stamps}, repeats
      FROM {rewards} r CROSS JOIN LATERAL {repeats} AS b (repeats) WHERE {is_known} AND sync.may_repeat_earning(type)
  $template$ ELSE $template$
    -- Rewards of mining that count, since no earning stands for them: an anti-join.
    SELECT {key}, 'rewards', type, {content}, NULL, {stamps}{names}, {repeats}
      FROM {rewards} r{named} WHERE {is_known} AND sync.may_repeat_earning(type) AND NOT {earning_stands}
    UNION ALL
    -- Rewards of mining that are left out, since an earning stands for them.
    SELECT {key}, 'left out', type, {content}, NULL, {stamps}{names}, {repeats}
      FROM {rewards} r{named} WHERE {is_known} AND sync.may_repeat_earning(type) AND {earning_stands}
  $template$ END,
  'key', 'puid, algo, currency, mining_date, mined_at',
  'content', 'ordinal, amount, status, settled_at, hash_rate_hps',
  'stamps', stamps,
  -- Names are joined within each branch. A condition on a name from outside would otherwise be applied only after all
  -- branches were read.
  'names', CASE WHEN for_few_days THEN '' ELSE ', account_id, account_name, sub_account' END,
  'named', CASE WHEN for_few_days THEN '' ELSE $sql$
           JOIN (SELECT s.puid, account_id, a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account
                   FROM pool.sub_accounts s JOIN pool.accounts a USING (account_id)) AS n USING (puid)$sql$ END,
  'earning_stands', $sql$EXISTS (SELECT {earnings_beside} AND (r.type = 'MINING_EARN' OR e.amount = r.amount OR {is_same_income}))$sql$,
  -- How a reward resembles the earnings beside it; NULL: there is none.
  'repeats', $sql$(SELECT CASE WHEN count(*) = 0 THEN NULL WHEN r.type = 'MINING_EARN' THEN 'type'
                               WHEN bool_or(e.amount = r.amount) THEN 'amount' ELSE 'day' END {earnings_beside})$sql$,
  -- The day is compared as a date, so that the join can be hashed, and as bounds of mined_at, which the primary key holds.
  -- For a few days only the second: a comparison of dates would be hashed over the whole list.
  'earnings_beside', $sql$FROM {earnings} e
                   WHERE e.puid = r.puid AND e.algo = r.algo AND e.currency = r.currency {on_same_date}
                     AND e.mined_at >= sync.start_of_day(r.mining_date, 'UTC')
                     AND e.mined_at < sync.start_of_day(r.mining_date + 1, 'UTC') AND {is_known}$sql$,
  'on_same_date', CASE WHEN for_few_days THEN '' ELSE 'AND e.mining_date = r.mining_date' END,
  -- The subquery does not refer to the reward, so it is run and hashed once, and only if a reward with its own amount meets
  -- an earning.
  'is_same_income', '(r.puid, r.type) IN (SELECT s.puid, s.type FROM sync.same_income_at({instant}) s)',
  'is_known', CASE WHEN as_of IS NULL THEN '' ELSE 'valid_from <= {instant} AND (valid_to IS NULL OR valid_to > {instant}) AND ' END
              || 'withdrawn_at IS NULL',
  'instant', coalesce(as_of, $sql$'infinity'$sql$),
  'earnings', CASE WHEN as_of IS NULL THEN 'pool.earnings' ELSE 'pool.earning_revisions' END,
  'rewards', CASE WHEN as_of IS NULL THEN 'pool.rewards' ELSE 'pool.reward_revisions' END)
$function$;
COMMENT ON FUNCTION sync.income_rule(text, text, boolean) IS 'The query for items of income, as what each of them counts (source: earnings, rewards, left out). Arguments: the expression for an instant, null for now; further columns; whether it is for a few days of a scope, without names.';

DO $$
BEGIN
  EXECUTE 'CREATE VIEW sync.income_items AS ' || sync.income_rule(NULL, 'first_seen_at, changed_at, unserved_at');
  -- Resolved at creation, so that callers of report.income_as_of need no access to the schema sync.
  EXECUTE format(
    'CREATE FUNCTION sync.income_items_as_of(known_at timestamptz)
       RETURNS TABLE (puid bigint, algo text, currency text, mining_date date, mined_at timestamptz, source text, type text,
                      ordinal integer, amount numeric, status text, settled_at timestamptz, hash_rate_hps numeric,
                      reject_rate numeric, known_since timestamptz, account_id smallint, account_name text, sub_account text,
                      repeats text)
       LANGUAGE sql STABLE PARALLEL SAFE
     BEGIN ATOMIC %s; END',
    sync.income_rule('known_at', 'valid_from'));
  EXECUTE format(
    'CREATE FUNCTION sync.day_items_as_of(known_at timestamptz)
       RETURNS TABLE (puid bigint, algo text, currency text, mining_date date, mined_at timestamptz, source text, type text,
                      ordinal integer, amount numeric, status text, settled_at timestamptz, hash_rate_hps numeric,
                      reject_rate numeric, known_since timestamptz, repeats text)
       LANGUAGE sql STABLE PARALLEL SAFE
     BEGIN ATOMIC %s; END',
    sync.income_rule('known_at', 'valid_from', for_few_days => true));
END
$$;
COMMENT ON FUNCTION sync.day_items_as_of(timestamptz) IS 'The same rows as sync.income_items_as_of, without names, for a few days of a scope and currency.';
COMMENT ON FUNCTION sync.income_items_as_of(timestamptz) IS 'sync.income_items as known at that instant; known_since: since when.';
COMMENT ON VIEW sync.income_items IS 'Every item of either list that is not withdrawn, and how it counts. Use report.income_ledger instead.';
COMMENT ON COLUMN sync.income_items.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.income_items.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.income_items.currency IS 'Currency of the amount.';
COMMENT ON COLUMN sync.income_items.mining_date IS 'Day on which it was mined, UTC.';
COMMENT ON COLUMN sync.income_items.mined_at IS 'The mining date as served.';
COMMENT ON COLUMN sync.income_items.source IS 'earnings, rewards, or left out: a reward that an earning stands for.';
COMMENT ON COLUMN sync.income_items.type IS 'Type of the reward; null for an earning.';
COMMENT ON COLUMN sync.income_items.ordinal IS 'Numbers items that are otherwise listed under the same key.';
COMMENT ON COLUMN sync.income_items.amount IS 'The amount.';
COMMENT ON COLUMN sync.income_items.status IS 'SETTLED, WAIT_SETTLE, or whatever the pool says.';
COMMENT ON COLUMN sync.income_items.settled_at IS 'Settle time as served; null if none.';
COMMENT ON COLUMN sync.income_items.hash_rate_hps IS 'Hashrate that earned it, H/s.';
COMMENT ON COLUMN sync.income_items.reject_rate IS 'Rejected shares as served, unit not known; null for rewards.';
COMMENT ON COLUMN sync.income_items.first_seen_at IS 'When the item was first seen.';
COMMENT ON COLUMN sync.income_items.changed_at IS 'When the item last changed.';
COMMENT ON COLUMN sync.income_items.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN sync.income_items.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN sync.income_items.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN sync.income_items.repeats IS 'How a reward of mining resembles an earning beside it, of its sub-account, algorithm, currency and day: type (MINING_EARN, the same list again), amount (an equal one), or day (neither: left out only where sync.same_income says so). Null: no earning is beside it.';
COMMENT ON COLUMN sync.income_items.unserved_at IS 'When the pool''s list was first seen to start later than this item; null while the pool serves it.';

-- sync.income_days holds what the items of one UTC day of a scope come to. A commit counts the days that it touched again
-- (sync.follow_ledger), and moves sync.income_months and sync.income_by_day by the difference. Every row belongs to one
-- sub-account, so commits of different ones never wait for each other. Commits of one sub-account take turns, because the
-- two lists of a scope decide together what counts, and two of its algorithms may earn the same coin.
CREATE TABLE sync.income_days (
  puid              bigint NOT NULL,
  algo              text NOT NULL,
  currency          text NOT NULL,
  mining_date       date NOT NULL,
  day               date NOT NULL,
  paid_date         date NOT NULL,
  earnings_settled  numeric NOT NULL,
  earnings_pending  numeric NOT NULL,
  earnings_other    numeric NOT NULL,
  rewards_settled   numeric NOT NULL,
  rewards_pending   numeric NOT NULL,
  rewards_other     numeric NOT NULL,
  left_out_settled  numeric NOT NULL,
  left_out_pending  numeric NOT NULL,
  left_out_other    numeric NOT NULL,
  merged_settled    numeric NOT NULL,
  merged_pending    numeric NOT NULL,
  merged_other      numeric NOT NULL,
  items             integer NOT NULL,
  PRIMARY KEY (puid, algo, currency, mining_date, day, paid_date)
);
COMMENT ON TABLE sync.income_days IS 'Maintained with the ledger: sums of the live items of a day. Read report.daily_income instead.';
COMMENT ON COLUMN sync.income_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.income_days.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.income_days.currency IS 'Currency of the amounts.';
COMMENT ON COLUMN sync.income_days.mining_date IS 'Day of the items in UTC: the unit that is counted again.';
COMMENT ON COLUMN sync.income_days.day IS 'Day of the items in the time zone of the reports.';
COMMENT ON COLUMN sync.income_days.paid_date IS 'Day of their settle time in that zone; infinity for items that are not settled, or settled without a time.';
COMMENT ON COLUMN sync.income_days.earnings_settled IS 'Earnings that are settled.';
COMMENT ON COLUMN sync.income_days.earnings_pending IS 'Earnings that are pending.';
COMMENT ON COLUMN sync.income_days.earnings_other IS 'Earnings with a status that this program does not know.';
COMMENT ON COLUMN sync.income_days.rewards_settled IS 'Rewards that count as income and are settled.';
COMMENT ON COLUMN sync.income_days.rewards_pending IS 'Rewards that count as income and are pending.';
COMMENT ON COLUMN sync.income_days.rewards_other IS 'Rewards that count as income, with a status that this program does not know.';
COMMENT ON COLUMN sync.income_days.left_out_settled IS 'Settled rewards that duplicate earnings.';
COMMENT ON COLUMN sync.income_days.left_out_pending IS 'Rewards that earnings already hold, pending.';
COMMENT ON COLUMN sync.income_days.left_out_other IS 'Rewards that earnings already hold, with a status that this program does not know.';
COMMENT ON COLUMN sync.income_days.merged_settled IS 'Settled merged mining beside an earning of its day, with an amount of its own: part of the rewards that count, or of those left out where sync.same_income says so.';
COMMENT ON COLUMN sync.income_days.merged_pending IS 'The same, pending.';
COMMENT ON COLUMN sync.income_days.merged_other IS 'The same, with a status that this program does not know.';
COMMENT ON COLUMN sync.income_days.items IS 'Items that count as income.';

CREATE TABLE sync.income_months (
  puid              bigint NOT NULL,
  algo              text NOT NULL,
  currency          text NOT NULL,
  month             date NOT NULL,
  earnings_settled  numeric NOT NULL,
  earnings_pending  numeric NOT NULL,
  earnings_other    numeric NOT NULL,
  rewards_settled   numeric NOT NULL,
  rewards_pending   numeric NOT NULL,
  rewards_other     numeric NOT NULL,
  left_out_settled  numeric NOT NULL,
  left_out_pending  numeric NOT NULL,
  left_out_other    numeric NOT NULL,
  merged_settled    numeric NOT NULL,
  merged_pending    numeric NOT NULL,
  merged_other      numeric NOT NULL,
  settled_undated   numeric NOT NULL,
  paid              numeric NOT NULL,
  items             integer NOT NULL,
  entries           integer NOT NULL,
  PRIMARY KEY (puid, algo, currency, month)
) WITH (fillfactor = 80);
CREATE INDEX income_months_month_idx ON sync.income_months (month);
-- Holds rows about to be deleted, between two statements.
CREATE INDEX income_months_empty_idx ON sync.income_months (puid, algo, currency) WHERE entries = 0;
COMMENT ON TABLE sync.income_months IS 'Maintained with the ledger: sync.income_days by month. Read report.monthly_income instead.';
COMMENT ON COLUMN sync.income_months.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.income_months.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.income_months.currency IS 'Currency of the amounts.';
COMMENT ON COLUMN sync.income_months.month IS 'First day of the month, in the time zone of the reports.';
COMMENT ON COLUMN sync.income_months.earnings_settled IS 'Earnings mined in the month that are settled.';
COMMENT ON COLUMN sync.income_months.earnings_pending IS 'Earnings mined in the month that are pending.';
COMMENT ON COLUMN sync.income_months.earnings_other IS 'Earnings mined in the month with a status that this program does not know.';
COMMENT ON COLUMN sync.income_months.rewards_settled IS 'Rewards of the month that count as income and are settled.';
COMMENT ON COLUMN sync.income_months.rewards_pending IS 'Rewards of the month that count as income and are pending.';
COMMENT ON COLUMN sync.income_months.rewards_other IS 'Rewards of the month that count as income, with a status that this program does not know.';
COMMENT ON COLUMN sync.income_months.left_out_settled IS 'Rewards of the month that earnings already hold, settled.';
COMMENT ON COLUMN sync.income_months.left_out_pending IS 'Rewards of the month that earnings already hold, pending.';
COMMENT ON COLUMN sync.income_months.left_out_other IS 'Rewards of the month that earnings already hold, with a status that this program does not know.';
COMMENT ON COLUMN sync.income_months.merged_settled IS 'Settled merged mining beside an earning of its day, with an amount of its own: part of the rewards that count, or of those left out where sync.same_income says so.';
COMMENT ON COLUMN sync.income_months.merged_pending IS 'The same, pending.';
COMMENT ON COLUMN sync.income_months.merged_other IS 'The same, with a status that this program does not know.';
COMMENT ON COLUMN sync.income_months.settled_undated IS 'Settled income mined in the month that carries no settle time.';
COMMENT ON COLUMN sync.income_months.paid IS 'Settled income by the month of its settle time.';
COMMENT ON COLUMN sync.income_months.items IS 'Items mined in the month that count as income.';
COMMENT ON COLUMN sync.income_months.entries IS 'Rows of sync.income_days that are in this row; with the last one it goes.';

-- A closed month has the days that its time zone gave it. In another zone it would hold others, and its adjustments
-- would not lead from the one to the other.
CREATE FUNCTION sync.follow_report_zone() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
DECLARE
  old_zone text := 'UTC';
  new_zone text := 'UTC';
  closed_months text;
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.key = 'report_time_zone' THEN
    old_zone := OLD.value #>> '{}';
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.key = 'report_time_zone' THEN
    new_zone := NEW.value #>> '{}';
    PERFORM now() AT TIME ZONE new_zone;
  END IF;
  IF new_zone IS DISTINCT FROM old_zone THEN
    -- The lock of kpool close, so that no month is closed until this commits.
    PERFORM sync.lock('closes');
    SELECT string_agg(to_char(month, 'YYYY-MM'), ', ' ORDER BY month) INTO closed_months
      FROM sync.close_spans WHERE next_at IS NULL;
    IF closed_months IS NOT NULL THEN
      RAISE EXCEPTION 'from % to %: closed are %', old_zone, new_zone, closed_months USING ERRCODE = 'KP001';
    END IF;
    PERFORM sync.recompute_income();
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sync.follow_report_zone() IS 'Trigger: adds up all income again when the time zone of the reports changes; refuses a zone that the server does not know, and any change while a month is closed (KP001).';
CREATE TRIGGER report_zone_changes AFTER INSERT OR UPDATE OR DELETE ON sync.settings
  FOR EACH ROW EXECUTE FUNCTION sync.follow_report_zone();
