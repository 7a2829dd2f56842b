-- Pacing (DESIGN §6, P6): the places of every bucket, and the keys that are limited as a whole.
-- The tables are logged on purpose: an unlogged one is emptied by a crash, and with it the knowledge of the requests
-- that are in flight. What a lost record cannot harm (places handed back) is committed without waiting for the disk.

CREATE TABLE sync.buckets (
  key_fingerprint text NOT NULL,
  endpoint text NOT NULL,
  place smallint NOT NULL CHECK (place >= 0),
  grant_id bigint,
  stamped_at timestamptz NOT NULL,
  usable_at timestamptz NOT NULL,
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

CREATE SEQUENCE sync.bucket_grant_ids AS bigint OWNED BY sync.buckets.grant_id;
COMMENT ON SEQUENCE sync.bucket_grant_ids IS 'Numbers of permits, so that a late answer never frees a place that someone else holds by now.';

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
-- place had to wait (p_watched_ms, by the caller's monotonic clock): a step of this clock that happened before the
-- caller looked for the first time cannot free a place early. Later steps are the caller's to notice.
--
-- At most p_places places that one limit of the pool may be counting are busy at any time. For the bucket of an
-- endpoint that is its own places and those of the key's bucket; for the bucket of the key, all places of the key.
-- So a change of p_places or of the scope is safe, whatever is in flight.
CREATE FUNCTION sync.pace(
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
  p_places int,
  p_auto boolean,
  p_rest_ms float8,
  p_lease_ms float8,
  p_watched_ms float8
) RETURNS TABLE (
  request int,
  place int,
  grant_id bigint,
  was_usable_at_ms float8,
  was_rest_ms float8,
  next_in_ms float8,
  next_in_flight boolean,
  turned boolean,
  now_ms float8
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz;
  v_ms constant interval := interval '1 millisecond';
  v_rows int := 0;
  v_turned boolean := false;
BEGIN
  PERFORM pg_advisory_xact_lock(72707370, k.hash)
  FROM (
    SELECT DISTINCT hashtext(key) AS hash FROM unnest(p_back_keys || p_throttled_keys || p_keys) AS key ORDER BY hash
  ) AS k;
  v_now := sync.now();

  IF cardinality(p_back_keys) > 0 THEN
    UPDATE sync.buckets AS b
    SET grant_id = NULL,
        stamped_at = v_now - back.age_ms * v_ms,
        usable_at = v_now - back.age_ms * v_ms + back.rest_ms * v_ms
    FROM unnest(p_back_keys, p_back_endpoints, p_back_places, p_back_grants, p_back_ages_ms, p_back_rests_ms)
      AS back (key_fingerprint, endpoint, place, grant_id, age_ms, rest_ms)
    WHERE b.key_fingerprint = back.key_fingerprint AND b.endpoint = back.endpoint AND b.place = back.place
      AND b.grant_id = back.grant_id;
  END IF;

  IF p_auto AND cardinality(p_throttled_keys) > 0 THEN
    INSERT INTO sync.bucket_scopes (key_fingerprint, turned_at)
    SELECT DISTINCT key, v_now FROM unnest(p_throttled_keys) AS key
    ON CONFLICT (key_fingerprint) DO NOTHING;
    v_turned := FOUND;
  END IF;

  IF cardinality(p_keys) > 0 THEN
    -- A stamp from the future says that this clock went back: the place starts its wait again.
    UPDATE sync.buckets AS b
    SET stamped_at = v_now, usable_at = v_now + (b.usable_at - b.stamped_at)
    WHERE b.key_fingerprint = ANY (p_keys) AND b.stamped_at > v_now;

    -- A missing place counts as just used.
    INSERT INTO sync.buckets (key_fingerprint, endpoint, place, stamped_at, usable_at)
    SELECT w.key_fingerprint, w.endpoint, p.place, v_now, v_now + p_rest_ms * v_ms
    FROM unnest(p_keys, p_endpoints) AS w (key_fingerprint, endpoint), generate_series(0, p_places - 1) AS p (place)
    WHERE NOT EXISTS (
      SELECT FROM sync.buckets AS b
      WHERE b.key_fingerprint = w.key_fingerprint AND b.endpoint = w.endpoint AND b.place = p.place
    );

    RETURN QUERY
    WITH want AS (
      SELECT w.request::int, w.key_fingerprint, w.endpoint, w.wanted,
        p_auto AND s.key_fingerprint IS NOT NULL AS turned
      FROM unnest(p_keys, p_endpoints, p_counts) WITH ORDINALITY AS w (key_fingerprint, endpoint, wanted, request)
      LEFT JOIN sync.bucket_scopes AS s USING (key_fingerprint)
    ), seen AS (
      SELECT w.request, b.key_fingerprint, b.endpoint, b.place, b.grant_id IS NOT NULL AS in_flight, b.usable_at,
        date_part('epoch', b.usable_at - b.stamped_at) * 1000 AS rest_ms,
        b.endpoint = w.endpoint AND (w.endpoint = '*' OR NOT w.turned) AS own,
        w.wanted,
        greatest(
          date_part('epoch', b.usable_at - v_now) * 1000,
          date_part('epoch', b.usable_at - b.stamped_at) * 1000 - p_watched_ms
        ) AS free_in_ms
      FROM want AS w
      JOIN sync.buckets AS b
        ON b.key_fingerprint = w.key_fingerprint AND (w.endpoint = '*' OR b.endpoint IN (w.endpoint, '*'))
    ), counted AS (
      SELECT *,
        count(*) FILTER (WHERE free_in_ms > 0) OVER (PARTITION BY request) AS busy,
        row_number() OVER (PARTITION BY request, own AND free_in_ms <= 0 ORDER BY usable_at, place) AS rank
      FROM seen
    ), judged AS (
      SELECT *, own AND free_in_ms <= 0 AND rank <= least(wanted, p_places - busy) AS chosen FROM counted
    ), granted AS (
      UPDATE sync.buckets AS b
      SET grant_id = nextval('sync.bucket_grant_ids'), stamped_at = v_now, usable_at = v_now + p_lease_ms * v_ms
      FROM judged AS j
      WHERE j.chosen AND b.key_fingerprint = j.key_fingerprint AND b.endpoint = j.endpoint AND b.place = j.place
      RETURNING j.request, b.place::int, b.grant_id,
        date_part('epoch', j.usable_at) * 1000 AS was_usable_at_ms, j.rest_ms
    ), queue AS (
      -- When each busy place can be free at the earliest: one in flight could be answered right now.
      SELECT request, in_flight OR chosen AS in_flight,
        CASE WHEN chosen THEN p_rest_ms WHEN in_flight THEN least(free_in_ms, p_rest_ms) ELSE free_in_ms END AS next_in_ms,
        count(*) OVER (PARTITION BY request) AS busy,
        row_number() OVER (
          PARTITION BY request
          ORDER BY CASE WHEN chosen THEN p_rest_ms WHEN in_flight THEN least(free_in_ms, p_rest_ms) ELSE free_in_ms END
        ) AS rank
      FROM judged
      WHERE chosen OR free_in_ms > 0
    )
    SELECT g.request, g.place, g.grant_id, g.was_usable_at_ms, g.rest_ms, NULL::float8, NULL::boolean, NULL::boolean, NULL::float8
    FROM granted AS g
    UNION ALL
    SELECT w.request, NULL, NULL, NULL, NULL, coalesce(q.next_in_ms, 0), coalesce(q.in_flight, false), w.turned, NULL
    FROM want AS w
    LEFT JOIN queue AS q ON q.request = w.request AND q.rank = q.busy - p_places + 1;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
  END IF;

  -- A crash may forget what only made places free later; it may not forget a permit.
  IF v_rows = cardinality(p_keys) AND NOT v_turned THEN
    PERFORM set_config('synchronous_commit', 'off', true);
  END IF;
  RETURN QUERY
  SELECT 0, NULL::int, NULL::bigint, NULL::float8, NULL::float8, NULL::float8, NULL::boolean, NULL::boolean,
    date_part('epoch', v_now) * 1000;
END
$$;
COMMENT ON FUNCTION sync.pace IS 'Pacing, one look of one process: hands back places, reports throttled keys, takes places for waiting requests. Returns one row per permit, one per wanted bucket (when its next place may be free), and one with the clock.';
