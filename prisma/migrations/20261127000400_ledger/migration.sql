-- The ledger: its rows are revised, never deleted. The triggers below enforce this for every writer.

-- The ledger's clock. A close or an export states what was known at an instant; so that this stays true, no change may be
-- stamped at or before that instant.
CREATE TABLE sync.ledger_clock (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  fixed_until timestamptz NOT NULL
);
INSERT INTO sync.ledger_clock (fixed_until) VALUES ('2000-01-01 00:00:00+00');
CREATE TRIGGER ledger_clock_never_vanishes BEFORE DELETE OR TRUNCATE ON sync.ledger_clock
  FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse('The ledger''s clock is never deleted.');
COMMENT ON TABLE sync.ledger_clock IS 'One row: the latest instant as of which a close or an export has read the ledger.';
COMMENT ON COLUMN sync.ledger_clock.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN sync.ledger_clock.fixed_until IS 'Changes of the ledger are stamped after this instant.';

CREATE FUNCTION sync.ledger_stamp() RETURNS timestamptz
  LANGUAGE plpgsql VOLATILE
  AS $$
BEGIN
  RETURN greatest(sync.now(), (SELECT fixed_until + interval '1 microsecond' FROM sync.ledger_clock));
END
$$;
COMMENT ON FUNCTION sync.ledger_stamp() IS 'The instant to stamp a change of the ledger with: now, and after every fixed instant.';

CREATE FUNCTION sync.begin_ledger_commit() RETURNS void
  LANGUAGE plpgsql VOLATILE
  AS $$
BEGIN
  -- In other isolation levels, the transaction's snapshot may be older than the lock: sync.ledger_stamp() would not see an
  -- instant fixed while it waited.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'The ledger is written in READ COMMITTED transactions only.'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  -- Commits share this mode; sync.fix_ledger_instant() takes a conflicting one.
  LOCK TABLE sync.ledger_clock IN ROW SHARE MODE;
END
$$;
COMMENT ON FUNCTION sync.begin_ledger_commit() IS 'Call it before a transaction changes the ledger: many may do so at once, but none while an instant is being fixed.';

CREATE FUNCTION sync.fix_ledger_instant() RETURNS timestamptz
  LANGUAGE plpgsql VOLATILE
  AS $$
DECLARE
  instant timestamptz;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'An instant of the ledger is fixed in READ COMMITTED transactions only.'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  -- Waits for all ledger commits in progress, and blocks new ones until this transaction ends.
  LOCK TABLE sync.ledger_clock IN EXCLUSIVE MODE;
  UPDATE sync.ledger_clock
     SET fixed_until = greatest(sync.now(), fixed_until + interval '1 microsecond')
  RETURNING fixed_until INTO STRICT instant;
  RETURN instant;
END
$$;
COMMENT ON FUNCTION sync.fix_ledger_instant() IS 'Fixes and returns an instant: the ledger as of it never changes again. For closes and exports.';

CREATE FUNCTION sync.enter_ledger_commit() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  PERFORM sync.begin_ledger_commit();
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sync.enter_ledger_commit() IS 'Trigger: takes the lock of ledger commits for every statement that changes the ledger, whichever program sends it.';

CREATE FUNCTION sync.stamp_ledger_insert() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  IF NEW.withdrawn_at IS NOT NULL OR NEW.unserved_at IS NOT NULL THEN
    RAISE EXCEPTION 'A ledger row appears before it is withdrawn or unserved.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  NEW.changed_at := sync.ledger_stamp();
  NEW.first_seen_at := NEW.changed_at;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION sync.stamp_ledger_insert() IS 'Trigger: stamps a new ledger row; values of first_seen_at and changed_at in the statement are ignored.';

CREATE FUNCTION sync.stamp_ledger_update() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  NEW.first_seen_at := OLD.first_seen_at;
  NEW.changed_at := OLD.changed_at;
  -- A generated column is not computed yet in a BEFORE trigger. This one depends only on the key, which never changes.
  NEW.mining_date := OLD.mining_date;
  IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS NOT NULL THEN
    NEW.withdrawn_at := OLD.withdrawn_at;
  END IF;
  IF OLD.unserved_at IS NOT NULL AND NEW.unserved_at IS NOT NULL THEN
    NEW.unserved_at := OLD.unserved_at;
  END IF;
  IF NEW IS NOT DISTINCT FROM OLD THEN
    RETURN NULL;
  END IF;
  NEW.changed_at := greatest(sync.ledger_stamp(), OLD.changed_at + interval '1 microsecond');
  IF NEW.withdrawn_at IS NOT NULL AND OLD.withdrawn_at IS NULL THEN
    NEW.withdrawn_at := NEW.changed_at;
  END IF;
  IF NEW.unserved_at IS NOT NULL AND OLD.unserved_at IS NULL THEN
    NEW.unserved_at := NEW.changed_at;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION sync.stamp_ledger_update() IS 'Trigger: stamps a changed ledger row, strictly later than before; an update that changes nothing writes nothing.';

-- The next two functions serve both ledger tables. Their arguments are the table of revisions, the columns of the key and
-- those of the state. They EXECUTE text, so that every batch is planned for its own size: a cached plan, made for the first
-- batch into an empty table, would keep reading the whole table.
CREATE FUNCTION sync.record_ledger_inserts() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format(
    'INSERT INTO %1$s (%2$s, %3$s, change, valid_from) SELECT %2$s, %3$s, ''appeared'', changed_at FROM added',
    TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sync.record_ledger_inserts() IS 'Trigger: opens the first revision of new ledger rows.';

CREATE FUNCTION sync.record_ledger_updates() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format(
    'UPDATE %1$s AS r SET valid_to = n.changed_at FROM after AS n WHERE (%2$s) = (%3$s) AND r.valid_to IS NULL',
    TG_ARGV[0],
    'r.' || replace(TG_ARGV[1], ', ', ', r.'),
    'n.' || replace(TG_ARGV[1], ', ', ', n.'));
  EXECUTE format(
    'INSERT INTO %1$s (%2$s, %3$s, change, valid_from)
     SELECT %4$s, %5$s,
            CASE WHEN o.withdrawn_at IS NULL AND n.withdrawn_at IS NOT NULL THEN ''withdrawn''
                 WHEN o.withdrawn_at IS NOT NULL AND n.withdrawn_at IS NULL THEN ''restored''
                 WHEN o.unserved_at IS NULL AND n.unserved_at IS NOT NULL THEN ''unserved''
                 WHEN o.unserved_at IS NOT NULL AND n.unserved_at IS NULL THEN ''served_again''
                 WHEN o.status <> ''SETTLED'' AND n.status = ''SETTLED'' THEN ''settled''
                 ELSE ''amended'' END,
            n.changed_at
       FROM after AS n JOIN before AS o USING (%2$s)',
    TG_ARGV[0], TG_ARGV[1], TG_ARGV[2],
    'n.' || replace(TG_ARGV[1], ', ', ', n.'),
    'n.' || replace(TG_ARGV[2], ', ', ', n.'));
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sync.record_ledger_updates() IS 'Trigger: closes the open revisions of changed ledger rows and opens the new ones.';

CREATE FUNCTION sync.guard_revision_update() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  IF OLD.valid_to IS NULL AND NEW.valid_to > OLD.valid_from THEN
    OLD.valid_to := NEW.valid_to;
    NEW.mining_date := OLD.mining_date;
    IF NEW IS NOT DISTINCT FROM OLD THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'A revision never changes; it is only closed, once.' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
COMMENT ON FUNCTION sync.guard_revision_update() IS 'Trigger: allows only one change of a revision, that it is closed.';

-- Both lists, each with its revisions, from one definition. They differ in two columns: a reward has a type, which is part
-- of its key; an earning has a reject rate.
CREATE FUNCTION sync.make_ledger_list(list text, revisions text, has_type boolean, has_reject_rate boolean) RETURNS void
  LANGUAGE plpgsql
  AS $make$
DECLARE
  type_column        constant text := CASE WHEN has_type THEN 'type text NOT NULL,' ELSE '' END;
  reject_rate_column constant text := CASE WHEN has_reject_rate THEN 'reject_rate numeric,' ELSE '' END;
  -- Fields of the API that have a column: extra holds one of them only if its value could not be parsed.
  side_fields        constant text[] := ARRAY['hashRate', 'hashUnit', 'settleTime'] || CASE WHEN has_reject_rate THEN ARRAY['rejectRate'] ELSE '{}' END;
  key                constant text := 'puid, algo, currency, mined_at, ' || CASE WHEN has_type THEN 'type, ' ELSE '' END || 'ordinal';
  state              constant text := 'amount, hash_rate_hps, hash_unit, ' || CASE WHEN has_reject_rate THEN 'reject_rate, ' ELSE '' END
                                        || 'status, settled_at, withdrawn_at, unserved_at, extra';
  old_key            constant text := 'OLD.' || replace(key, ', ', ', OLD.');
  new_key            constant text := 'NEW.' || replace(key, ', ', ', NEW.');
BEGIN
  EXECUTE format($sql$
    CREATE TABLE pool.%1$s (
      puid          bigint NOT NULL REFERENCES pool.sub_accounts,
      algo          text NOT NULL,
      currency      text NOT NULL,
      mined_at      timestamptz NOT NULL,
      %2$s
      ordinal       integer NOT NULL CHECK (ordinal >= 0),
      mining_date   date NOT NULL GENERATED ALWAYS AS ((mined_at AT TIME ZONE 'UTC')::date) STORED,
      amount        numeric NOT NULL,
      hash_rate_hps numeric,
      hash_unit     text,
      %3$s
      status        text NOT NULL,
      settled_at    timestamptz,
      first_seen_at timestamptz NOT NULL,
      changed_at    timestamptz NOT NULL,
      withdrawn_at  timestamptz,
      unserved_at   timestamptz,
      extra         jsonb,
      PRIMARY KEY (%4$s),
      CONSTRAINT %1$s_amount_exact CHECK (scale(trim_scale(amount)) <= 18 AND abs(amount) < 1e20)
    );
    CREATE INDEX %1$s_mining_date_idx ON pool.%1$s (mining_date);
    CREATE INDEX %1$s_settled_at_idx ON pool.%1$s (settled_at);
    CREATE INDEX %1$s_pending_idx ON pool.%1$s (puid, algo, mined_at) WHERE status = 'WAIT_SETTLE' AND withdrawn_at IS NULL;
    -- Everything not settled, including unknown statuses: few rows even in a long ledger.
    CREATE INDEX %1$s_unsettled_idx ON pool.%1$s (mined_at) WHERE status <> 'SETTLED' AND withdrawn_at IS NULL;
    CREATE INDEX %1$s_unserved_idx ON pool.%1$s (puid, algo, mined_at) WHERE unserved_at IS NOT NULL AND withdrawn_at IS NULL;
    -- Rows with a field that could not be parsed: normally none.
    CREATE INDEX %1$s_degraded_idx ON pool.%1$s (puid) WHERE withdrawn_at IS NULL AND extra ?| %5$L::text[];
    -- Rows with a status that the specification does not name: normally none.
    CREATE INDEX %1$s_unknown_status_idx ON pool.%1$s (puid, status) WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE');
  $sql$, list, type_column, reject_rate_column, key, side_fields);

  EXECUTE format($sql$
    CREATE TABLE pool.%1$s (
      revision_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      puid          bigint NOT NULL REFERENCES pool.sub_accounts,
      algo          text NOT NULL,
      currency      text NOT NULL,
      mined_at      timestamptz NOT NULL,
      %2$s
      ordinal       integer NOT NULL CHECK (ordinal >= 0),
      mining_date   date NOT NULL GENERATED ALWAYS AS ((mined_at AT TIME ZONE 'UTC')::date) STORED,
      amount        numeric NOT NULL,
      hash_rate_hps numeric,
      hash_unit     text,
      %3$s
      status        text NOT NULL,
      settled_at    timestamptz,
      withdrawn_at  timestamptz,
      unserved_at   timestamptz,
      extra         jsonb,
      change        text NOT NULL CHECK (change IN ('appeared', 'settled', 'amended', 'withdrawn', 'restored', 'unserved', 'served_again')),
      valid_from    timestamptz NOT NULL,
      valid_to      timestamptz CHECK (valid_to > valid_from),
      CONSTRAINT %1$s_amount_exact CHECK (scale(trim_scale(amount)) <= 18 AND abs(amount) < 1e20)
    );
    -- The revisions of a row, of which at most one is open.
    CREATE UNIQUE INDEX %1$s_key_valid_to_idx ON pool.%1$s (%4$s, coalesce(valid_to, 'infinity'));
    CREATE INDEX %1$s_valid_from_idx ON pool.%1$s (valid_from);
    -- For what changed in a sub-account after an instant.
    CREATE INDEX %1$s_sub_account_valid_from_idx ON pool.%1$s (puid, currency, valid_from);
  $sql$, revisions, type_column, reject_rate_column, key);

  EXECUTE format($sql$
    CREATE TRIGGER a_enter_ledger_commit BEFORE INSERT OR UPDATE ON pool.%1$s
      FOR EACH STATEMENT EXECUTE FUNCTION sync.enter_ledger_commit();
    CREATE TRIGGER b_key_never_changes BEFORE UPDATE ON pool.%1$s
      FOR EACH ROW WHEN ((%3$s) IS DISTINCT FROM (%4$s)) EXECUTE FUNCTION sync.refuse('The key of a ledger row never changes.');
    CREATE TRIGGER c_stamp_insert BEFORE INSERT ON pool.%1$s
      FOR EACH ROW EXECUTE FUNCTION sync.stamp_ledger_insert();
    CREATE TRIGGER c_stamp_update BEFORE UPDATE ON pool.%1$s
      FOR EACH ROW EXECUTE FUNCTION sync.stamp_ledger_update();
    CREATE TRIGGER d_record_inserts AFTER INSERT ON pool.%1$s
      REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION sync.record_ledger_inserts('pool.%2$s', %5$L, %6$L);
    CREATE TRIGGER d_record_updates AFTER UPDATE ON pool.%1$s
      REFERENCING OLD TABLE AS before NEW TABLE AS after
      FOR EACH STATEMENT EXECUTE FUNCTION sync.record_ledger_updates('pool.%2$s', %5$L, %6$L);
    CREATE TRIGGER e_never_deleted BEFORE DELETE OR TRUNCATE ON pool.%1$s
      FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse('Ledger rows are never deleted.');
    CREATE TRIGGER a_only_closed BEFORE UPDATE ON pool.%2$s
      FOR EACH ROW EXECUTE FUNCTION sync.guard_revision_update();
    CREATE TRIGGER e_never_deleted BEFORE DELETE OR TRUNCATE ON pool.%2$s
      FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse('Revisions of the ledger are never deleted.');
  $sql$, list, revisions, old_key, new_key, key, state);
END
$make$;

SELECT sync.make_ledger_list('earnings', 'earning_revisions', has_type => false, has_reject_rate => true),
       sync.make_ledger_list('rewards', 'reward_revisions', has_type => true, has_reject_rate => false);
DROP FUNCTION sync.make_ledger_list(text, text, boolean, boolean);

-- Rows with a type that the specification does not name: normally none.
CREATE INDEX rewards_unknown_type_idx ON pool.rewards (puid, type)
  WHERE type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN', 'REWARD_EARN', 'HASH_RATE_EARN', 'FEE_RATE_EARN');

COMMENT ON TABLE pool.earnings IS 'Mining income, one row per item that the pool lists. Never deleted: see withdrawn_at and earning_revisions. Source: GET /v1/external/earn/query.';
COMMENT ON TABLE pool.earning_revisions IS 'Every state of each row of pool.earnings and when it was known; one open revision (valid_to null) per row.';
COMMENT ON TABLE pool.rewards IS 'Other income, one row per item that the pool lists: merged mining, events, subsidies, and mining income again (report.income_ledger counts it once). Never deleted. Source: GET /v1/external/reward/query.';
COMMENT ON TABLE pool.reward_revisions IS 'Every state of each row of pool.rewards and when it was known; one open revision (valid_to null) per row.';

-- Comments of the columns, most of which several of the four tables have.
DO $$
DECLARE
  described record;
BEGIN
  FOR described IN
    SELECT format('COMMENT ON COLUMN %s.%I IS %L', c.oid::regclass, d.column_name, d.sentence) AS statement
      FROM (VALUES
        ('puid', 'Sub-account id. API: puid (request).'),
        ('algo', 'Algorithm. API: algo (request).'),
        ('currency', 'Currency of the amount, e.g. BTC. API: currency.'),
        ('mined_at', 'The mining date as served, to the millisecond. API: miningDate.'),
        ('type', 'MINING_EARN: mining income; UNITE_COIN_EARN: merged mining; REWARD_EARN: event rewards; HASH_RATE_EARN: retroactive mining income; FEE_RATE_EARN: fee subsidies; or any other value of the API. API: type.'),
        ('ordinal', 'Numbers rows that share the rest of the key (0, 1, …), since the API gives rows no id.'),
        ('mining_date', 'The day of mined_at in UTC.'),
        ('amount', 'Income in units of the currency, exact; negative for a correction. API: amount.'),
        ('hash_rate_hps', 'Hashrate that earned it, the day''s for an earning, H/s. API: hashRate × hashUnit; null when none was served or the unit is unknown.'),
        ('hash_unit', 'The unit that the API named; hash_rate_hps is already in H/s. API: hashUnit.'),
        ('reject_rate', 'Rejected shares as served; the unit is not known (the specification heads the column %, its examples are 0.0157 and 0.02). API: rejectRate.'),
        ('status', 'WAIT_SETTLE: pending; SETTLED: paid; or any other value of the API. API: status.'),
        ('settled_at', 'Settle time as served, also on a pending row; null when none. API: settleTime.'),
        ('first_seen_at', 'When the row first appeared to us, by the database''s clock.'),
        ('changed_at', 'When the row last changed, by the database''s clock; the valid_from of its open revision.'),
        ('withdrawn_at', 'When two complete reads agreed that the pool no longer serves the row; null while it is served.'),
        ('unserved_at', 'When two reads agreed that the pool''s list starts later than this row, which is kept and still counts; null while it is served.'),
        ('extra', 'Fields of the API that have no column, digit for digit, and the raw value of each field that could not be parsed, whose column is null.'),
        ('revision_id', 'Internal id of the revision.'),
        ('change', 'What made this revision: appeared, settled, amended, withdrawn, restored, unserved or served_again.'),
        ('valid_from', 'From when the row was known in this state, inclusive.'),
        ('valid_to', 'Until when it was known in this state, exclusive; null while it still is.')
           ) AS d (column_name, sentence)
      JOIN pg_attribute a ON a.attname = d.column_name
      JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.oid IN ('pool.earnings'::regclass, 'pool.earning_revisions'::regclass, 'pool.rewards'::regclass, 'pool.reward_revisions'::regclass)
  LOOP
    EXECUTE described.statement;
  END LOOP;
END
$$;
