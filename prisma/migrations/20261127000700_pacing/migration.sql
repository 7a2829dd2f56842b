-- Pacing (DESIGN §6, P6): the places of every bucket, and the keys that are limited as a whole.
-- Nobody waits for the disk: permits are committed asynchronously. A crash of the server, or the promotion of a
-- standby, may so forget the last ones; both empty unlogged tables, and an empty sync.bucket_witnesses makes every place
-- count as held by a request in flight. The places themselves are logged: how they were is what such a moment needs.

CREATE TABLE sync.buckets (
  key_fingerprint text NOT NULL,
  endpoint text NOT NULL,
  place smallint NOT NULL CHECK (place >= 0),
  grant_id bigint,
  stamped_at timestamptz NOT NULL,
  usable_at timestamptz NOT NULL,
  reserved_by uuid,
  reserved_since timestamptz,
  PRIMARY KEY (key_fingerprint, endpoint, place),
  CHECK (usable_at >= stamped_at)
) WITH (fillfactor = 50);

COMMENT ON TABLE sync.buckets IS 'Pacing: one row per place of a bucket. A request to the pool holds one place, and a place may be used again 1 s + 5 ms after its request was answered.';
COMMENT ON COLUMN sync.buckets.key_fingerprint IS 'Fingerprint of the API key, never the key.';
COMMENT ON COLUMN sync.buckets.endpoint IS 'The endpoint that the bucket limits; * is the bucket of the key as a whole.';
COMMENT ON COLUMN sync.buckets.place IS 'Number of the place within its bucket, from 0.';
COMMENT ON COLUMN sync.buckets.grant_id IS 'The permit that holds the place; NULL once its request was answered.';
COMMENT ON COLUMN sync.buckets.stamped_at IS 'By sync.now(): when the permit was given or, once answered, when the answer had arrived at the latest.';
COMMENT ON COLUMN sync.buckets.usable_at IS 'By sync.now(): when the place may be used again; for a place that is held, when its lease ends and counts as cooled down.';
COMMENT ON COLUMN sync.buckets.reserved_by IS 'The process whose turn is next: it was refused a place. Others may take this one only 100 ms after it became usable, unless they have waited longer.';
COMMENT ON COLUMN sync.buckets.reserved_since IS 'Since when that process has waited, by sync.now(); its priority is counted as waiting time.';

CREATE SEQUENCE sync.bucket_grant_ids AS bigint OWNED BY sync.buckets.grant_id;
COMMENT ON SEQUENCE sync.bucket_grant_ids IS 'Numbers of permits, so that a late answer never frees a place that someone else holds by now.';

CREATE UNLOGGED TABLE sync.bucket_witnesses (
  witness_id smallint PRIMARY KEY CHECK (witness_id = 1),
  witnessed_at timestamptz NOT NULL
);
COMMENT ON TABLE sync.bucket_witnesses IS 'Pacing: its one row says that the server has not crashed or been replaced since. Unlogged, so that such an event empties it.';
COMMENT ON COLUMN sync.bucket_witnesses.witness_id IS 'Always 1.';
COMMENT ON COLUMN sync.bucket_witnesses.witnessed_at IS 'By sync.now(): since when the places are known without a gap.';

CREATE TABLE sync.bucket_scopes (
  key_fingerprint text PRIMARY KEY,
  turned_at timestamptz NOT NULL
);
COMMENT ON TABLE sync.bucket_scopes IS 'Pacing: API keys that the pool limits as a whole: it throttled one while every endpoint''s own pace was kept. Delete a row to try the faster pace again.';
COMMENT ON COLUMN sync.bucket_scopes.key_fingerprint IS 'Fingerprint of the API key, never the key.';
COMMENT ON COLUMN sync.bucket_scopes.turned_at IS 'When the pool first throttled the key at that pace.';

-- One call is one look of one process: it hands back places, reports throttled keys, and takes places for all its
-- waiting buckets. Everything about one key is decided under that key's lock, so calls of any number of processes
-- have an order; the locks are taken in one order, so they do not deadlock.
--
-- A place is free when usable_at has passed *and* the caller has watched the database's clock for as long as the
-- place had to rest (p_watched_ms, by the caller's monotonic clock): a step of this clock that happened before the
-- caller looked for the first time cannot free a place early. Later steps are the caller's to notice.
--
-- At most p_places places that one limit of the pool may be counting are busy at any time. For the bucket of an
-- endpoint that is its own places and those of the key's bucket; for the bucket of the key, all places of the key.
-- So a change of p_places or of the scope is safe, whatever is in flight: of R such places, the first request may be
-- sent when R - p_places + 1 of them are free, the second when one more is, and so on.
--
-- Places that become free within p_ahead_ms are granted already; the caller waits with them. So the time that this
-- call takes is not lost to the pace.
--
-- A process that is refused reserves a place and gets it next, unless another has waited longer (p_waits_ms): so
-- processes take turns, near or far.
CREATE FUNCTION sync.pace(
  p_process uuid,
  p_back_keys text[],
  p_back_endpoints text[],
  p_back_places int[],
  p_back_grants bigint[],
  p_back_ages_ms float8[],
  p_back_rests_ms float8[],
  p_throttled_keys text[],
  p_keys text[],
  p_endpoints text[],
  p_counts int[],
  p_waits_ms float8[],
  p_places int,
  p_auto boolean,
  p_rest_ms float8,
  p_lease_ms float8,
  p_watched_ms float8,
  p_ahead_ms float8
) RETURNS TABLE (
  request int,
  place int,
  grant_id bigint,
  usable_at_ms float8,
  rested_ms float8,
  next_in_ms float8,
  next_in_flight boolean,
  turned boolean,
  now_ms float8
) LANGUAGE plpgsql VOLATILE
-- A plan made while the table was small would read all of it for ever after.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  c_ms constant interval := interval '1 millisecond';
  c_turn constant interval := interval '100 milliseconds';
  v_rest constant interval := p_rest_ms * c_ms;
  v_lease constant interval := p_lease_ms * c_ms;
  v_watched constant interval := p_watched_ms * c_ms;
  v_ahead constant interval := p_ahead_ms * c_ms;
  v_now timestamptz;
  v_is_durable boolean := false;
  v_row record;
  v_request int;
  -- Of the bucket that is being decided:
  v_index int;
  v_granted int;
  v_has_next boolean;
  v_own_places int[];
  v_usable_at timestamptz;
  v_longest_rest interval;
  v_reserved boolean;
  v_reserve_place int;
  -- Of all buckets:
  v_incomplete boolean := false;
  v_from_future boolean := false;
  v_take_keys text[] := '{}';
  v_take_endpoints text[] := '{}';
  v_take_places int[] := '{}';
  v_take_grants bigint[] := '{}';
  v_reserve_keys text[] := '{}';
  v_reserve_endpoints text[] := '{}';
  v_reserve_places int[] := '{}';
  v_reserve_since timestamptz[] := '{}';
BEGIN
  PERFORM pg_advisory_xact_lock(72707370, k.hash)
  FROM (
    SELECT DISTINCT hashtext(key) AS hash FROM unnest(p_back_keys || p_throttled_keys || p_keys) AS key ORDER BY hash
  ) AS k;
  v_now := sync.now();

  IF NOT EXISTS (SELECT FROM sync.bucket_witnesses) THEN
    INSERT INTO sync.bucket_witnesses (witness_id, witnessed_at) VALUES (1, v_now) ON CONFLICT (witness_id) DO NOTHING;
    IF FOUND THEN
      UPDATE sync.buckets SET stamped_at = v_now, usable_at = v_now + v_lease;
      -- Permits that were forgotten must not share their number with new ones.
      PERFORM setval('sync.bucket_grant_ids', nextval('sync.bucket_grant_ids') + 1000000);
      v_is_durable := true;
    END IF;
  END IF;

  IF cardinality(p_back_keys) > 0 THEN
    UPDATE sync.buckets AS b
    SET grant_id = NULL,
        stamped_at = v_now - back.age_ms * c_ms,
        usable_at = v_now - back.age_ms * c_ms + back.rest_ms * c_ms
    FROM unnest(p_back_keys, p_back_endpoints, p_back_places, p_back_grants, p_back_ages_ms, p_back_rests_ms)
      AS back (key_fingerprint, endpoint, place, grant_id, age_ms, rest_ms)
    WHERE b.key_fingerprint = back.key_fingerprint AND b.endpoint = back.endpoint AND b.place = back.place
      AND b.grant_id = back.grant_id;
  END IF;

  IF p_auto AND cardinality(p_throttled_keys) > 0 THEN
    INSERT INTO sync.bucket_scopes (key_fingerprint, turned_at)
    SELECT DISTINCT key, v_now FROM unnest(p_throttled_keys) AS key
    ON CONFLICT (key_fingerprint) DO NOTHING;
    v_is_durable := v_is_durable OR FOUND;
  END IF;

  -- The places of each wanted bucket in the order in which they can be free.
  FOR v_row IN
    SELECT s.*,
      lead(s.request) OVER bucket IS NULL AS is_last,
      count(s.place) OVER (PARTITION BY s.request) AS place_count,
      count(*) FILTER (WHERE s.is_own) OVER (PARTITION BY s.request) AS own_count
    FROM (
      SELECT w.request::int, w.key_fingerprint, w.endpoint AS wanted_endpoint, w.wanted, w.waiting_since,
        p_auto AND t.key_fingerprint IS NOT NULL AS turned,
        p_auto AND t.key_fingerprint IS NOT NULL AND w.endpoint <> '*' AS moved,
        b.endpoint, b.endpoint = w.endpoint AS is_own,
        b.place::int, b.grant_id IS NOT NULL AS in_flight, b.usable_at, b.rest,
        coalesce(b.stamped_at > v_now, false) AS is_from_future,
        coalesce(b.reserved_by = p_process, false) AS is_mine,
        b.is_others,
        -- A place in flight could be answered right now, and then rest.
        CASE WHEN b.grant_id IS NULL THEN b.free_in ELSE least(b.free_in, v_rest) END
          + CASE WHEN b.is_others THEN c_turn ELSE interval '0' END AS next_in
      FROM (
        SELECT u.*, v_now - u.wait_ms * c_ms AS waiting_since
        FROM unnest(p_keys, p_endpoints, p_counts, p_waits_ms) WITH ORDINALITY
          AS u (key_fingerprint, endpoint, wanted, wait_ms, request)
      ) AS w
      LEFT JOIN sync.bucket_scopes AS t ON t.key_fingerprint = w.key_fingerprint
      LEFT JOIN LATERAL (
        SELECT a.*,
          -- At most its whole rest: a stamp from the future says that this clock went back.
          least(a.rest, greatest(a.usable_at - v_now, a.rest - v_watched)) AS free_in,
          coalesce(
            a.reserved_by <> p_process AND a.reserved_since <= w.waiting_since AND v_now < a.usable_at + c_turn,
            false
          ) AS is_others
        FROM (
          SELECT p.*, p.usable_at - p.stamped_at AS rest
          FROM sync.buckets AS p
          WHERE p.key_fingerprint = w.key_fingerprint AND (w.endpoint = '*' OR p.endpoint IN (w.endpoint, '*'))
          OFFSET 0
        ) AS a
      ) AS b ON true
    ) AS s
    WINDOW bucket AS (PARTITION BY s.request ORDER BY s.next_in, s.usable_at, s.endpoint, s.place)
    ORDER BY s.request, s.next_in, s.usable_at, s.endpoint, s.place
  LOOP
    IF v_row.request IS DISTINCT FROM v_request THEN
      v_request := v_row.request;
      v_index := 0;
      v_granted := 0;
      v_has_next := false;
      v_own_places := '{}';
      v_usable_at := '-infinity';
      v_longest_rest := interval '0';
      v_reserved := false;
      v_reserve_place := NULL;
    END IF;

    v_index := v_index + 1;
    v_from_future := v_from_future OR v_row.is_from_future;
    v_reserved := v_reserved OR v_row.is_mine;
    -- All places so far have to be rested for the next permit: by this clock, and by the caller's.
    v_usable_at := greatest(v_usable_at, v_row.usable_at);
    v_longest_rest := greatest(v_longest_rest, v_row.rest);
    IF v_row.is_own THEN
      v_own_places := v_own_places || v_row.place;
      IF v_reserve_place IS NULL AND NOT v_row.is_others THEN
        v_reserve_place := v_row.place;
      END IF;
    END IF;
    -- Missing places count as the last ones to be free.
    IF v_row.place IS NOT NULL AND NOT v_has_next
      AND v_index > v_row.place_count + greatest(0, p_places - v_row.own_count) - p_places
    THEN
      IF v_row.next_in <= v_ahead AND v_granted < v_row.wanted AND NOT v_row.moved THEN
        v_granted := v_granted + 1;
        request := v_request;
        place := v_own_places[v_granted];
        grant_id := nextval('sync.bucket_grant_ids');
        usable_at_ms := date_part('epoch', v_usable_at) * 1000;
        rested_ms := date_part('epoch', v_longest_rest) * 1000;
        RETURN NEXT;
        v_take_keys := v_take_keys || v_row.key_fingerprint;
        v_take_endpoints := v_take_endpoints || v_row.wanted_endpoint;
        v_take_places := v_take_places || place;
        v_take_grants := v_take_grants || grant_id;
      ELSE
        v_has_next := true;
        next_in_ms := greatest(0, date_part('epoch', v_row.next_in) * 1000);
        next_in_flight := v_row.in_flight;
      END IF;
    END IF;

    IF v_row.is_last THEN
      IF NOT v_has_next THEN
        next_in_ms := p_rest_ms;
        next_in_flight := v_granted > 0;
      END IF;
      v_incomplete := v_incomplete OR v_row.own_count < p_places;
      IF v_granted = 0 AND v_row.wanted > 0 AND NOT v_row.moved AND NOT v_reserved AND v_reserve_place IS NOT NULL THEN
        v_reserve_keys := v_reserve_keys || v_row.key_fingerprint;
        v_reserve_endpoints := v_reserve_endpoints || v_row.wanted_endpoint;
        v_reserve_places := v_reserve_places || v_reserve_place;
        v_reserve_since := v_reserve_since || v_row.waiting_since;
      END IF;
      request := v_request;
      place := NULL;
      turned := v_row.turned;
      RETURN NEXT;
    END IF;
  END LOOP;

  IF cardinality(v_take_keys) > 0 THEN
    UPDATE sync.buckets AS b
    SET grant_id = take.grant_id, stamped_at = v_now, usable_at = v_now + v_lease,
        reserved_by = NULL, reserved_since = NULL
    FROM unnest(v_take_keys, v_take_endpoints, v_take_places, v_take_grants)
      AS take (key_fingerprint, endpoint, place, grant_id)
    WHERE b.key_fingerprint = take.key_fingerprint AND b.endpoint = take.endpoint AND b.place = take.place;
  END IF;
  IF cardinality(v_reserve_keys) > 0 THEN
    UPDATE sync.buckets AS b
    SET reserved_by = p_process, reserved_since = r.since
    FROM unnest(v_reserve_keys, v_reserve_endpoints, v_reserve_places, v_reserve_since)
      AS r (key_fingerprint, endpoint, place, since)
    WHERE b.key_fingerprint = r.key_fingerprint AND b.endpoint = r.endpoint AND b.place = r.place;
  END IF;
  IF v_from_future THEN
    -- The place starts its rest again.
    UPDATE sync.buckets AS b
    SET stamped_at = v_now, usable_at = v_now + (b.usable_at - b.stamped_at)
    WHERE b.key_fingerprint = ANY (p_keys) AND b.stamped_at > v_now;
  END IF;
  IF v_incomplete THEN
    -- A missing place counts as just used.
    INSERT INTO sync.buckets (key_fingerprint, endpoint, place, stamped_at, usable_at)
    SELECT w.key_fingerprint, w.endpoint, p.place, v_now, v_now + v_rest
    FROM unnest(p_keys, p_endpoints) AS w (key_fingerprint, endpoint), generate_series(0, p_places - 1) AS p (place)
    ON CONFLICT (key_fingerprint, endpoint, place) DO NOTHING;
  END IF;

  -- What a crash forgets of places is made up for (sync.bucket_witnesses). That itself, and the scope of a key, waits
  -- for the disk.
  IF NOT v_is_durable THEN
    PERFORM set_config('synchronous_commit', 'off', true);
  END IF;
  request := 0;
  now_ms := date_part('epoch', sync.now()) * 1000;
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION sync.pace IS 'Pacing, one look of one process: hands back places, reports throttled keys, takes places for waiting requests. Returns one row per permit, one per wanted bucket (when its next place may be free), and one with the clock.';
