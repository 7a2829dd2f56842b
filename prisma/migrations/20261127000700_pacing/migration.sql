-- Pacing (P6): the slots of every bucket, and the keys that are limited as a whole.
--
-- The state of slots is useless after a minute, so the tables are unlogged: they cost no WAL, no commit waits for the disk,
-- and a crash, a failover or a base backup loses all of them at once, the crash marker included. A server without the marker
-- does not know what is in flight, so it treats every bucket as in use for one lease.

CREATE UNLOGGED TABLE sync.slots (
  key_fingerprint text NOT NULL,
  endpoint text NOT NULL,
  slot smallint NOT NULL CHECK (slot >= 0),
  permit_id text,
  free_at timestamptz NOT NULL,
  next_process text,
  next_since timestamptz,
  PRIMARY KEY (key_fingerprint, endpoint, slot)
) WITH (fillfactor = 50);

COMMENT ON TABLE sync.slots IS 'Pacing: one row per slot of a bucket. A request to the pool holds one slot, which may be used again once it has rested after the answer (REST_MS in src/pacing/time-limits.ts).';
COMMENT ON COLUMN sync.slots.key_fingerprint IS 'Fingerprint of the API key, never the key.';
COMMENT ON COLUMN sync.slots.endpoint IS 'The endpoint that the bucket limits; * is the bucket of the key as a whole.';
COMMENT ON COLUMN sync.slots.slot IS 'Number of the slot within its bucket, from 0.';
COMMENT ON COLUMN sync.slots.permit_id IS 'The permit that holds the slot; NULL once its request was answered.';
COMMENT ON COLUMN sync.slots.free_at IS 'By sync.now(): when the slot may be used again; while a permit holds it, when its lease ends. Never trusted beyond one lease from now.';
COMMENT ON COLUMN sync.slots.next_process IS 'The process whose turn is next, since it was refused the slot. Others may take the slot when its turn is over (TURN_MS in src/pacing/time-limits.ts), or when they have waited longer.';
COMMENT ON COLUMN sync.slots.next_since IS 'Since when that process has waited, by sync.now(); less a share for each step of priority.';

CREATE UNLOGGED TABLE sync.crash_marker (
  marker_id smallint PRIMARY KEY CHECK (marker_id = 1),
  lost_until timestamptz NOT NULL
);
COMMENT ON TABLE sync.crash_marker IS 'Pacing: its one row is lost together with the slots. It also serves as the lock that gives the polls of all processes an order.';
COMMENT ON COLUMN sync.crash_marker.marker_id IS 'Always 1.';
COMMENT ON COLUMN sync.crash_marker.lost_until IS 'By sync.now(): until then requests may be in flight, or count in the pool''s last second, that this server has no record of.';
-- A new database has lost no record of requests.
INSERT INTO sync.crash_marker VALUES (1, '-infinity');

CREATE TABLE sync.bucket_scopes (
  key_fingerprint text PRIMARY KEY,
  scoped_at timestamptz NOT NULL
);
COMMENT ON TABLE sync.bucket_scopes IS 'Pacing: API keys that the pool limits as a whole: it throttled one while every endpoint''s own pace was kept. Delete a row to try the faster pace again.';
COMMENT ON COLUMN sync.bucket_scopes.key_fingerprint IS 'Fingerprint of the API key, never the key.';
COMMENT ON COLUMN sync.bucket_scopes.scoped_at IS 'When the pool first throttled the key at that pace.';

-- One poll of one process: hands back slots, scopes keys, and takes slots for all its waiting buckets. p_poll is a Poll
-- of src/pacing/slot-store.ts, the result a PollResult.
--
-- At most N of the slots that one limit of the pool counts are in use at any time. For the bucket of an endpoint these are
-- its own and those of the key's bucket; for the bucket of the key, all slots of the key. So N and the scope can change
-- safely while requests are in flight.
--
-- The clock may be stepped. Back: no slot stays blocked for longer than one lease. Forward: slots become free early, except
-- for the process that used them, which relies on its own monotonic clock (src/pacing/permit-queue.ts).
--
-- A process that gets no slot reserves the one that is free next, unless another process has waited longer. A reservation
-- lasts p_poll.turnMs after the slot becomes free, so that the reservation of a process that has ended costs no more than that.
CREATE FUNCTION sync.pace(p_poll jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE
-- A cached plan from when the table was small would keep reading all of it.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  c_ms constant interval := interval '1 millisecond';
  v_process constant text := p_poll ->> 'process';
  v_slots constant int := (p_poll ->> 'slots')::int;
  v_auto constant boolean := (p_poll ->> 'auto')::boolean;
  v_rest constant interval := (p_poll ->> 'restMs')::float8 * c_ms;
  v_turn constant interval := (p_poll ->> 'turnMs')::float8 * c_ms;
  v_lease constant interval := (p_poll ->> 'leaseMs')::float8 * c_ms;
  v_now timestamptz;
  v_lost_until timestamptz;
  v_buckets jsonb;
BEGIN
  INSERT INTO sync.crash_marker VALUES (1, 'infinity') ON CONFLICT (marker_id) DO NOTHING;
  SELECT lost_until INTO STRICT v_lost_until FROM sync.crash_marker FOR UPDATE;
  v_now := sync.now();
  IF v_lost_until > v_now + v_lease THEN
    UPDATE sync.crash_marker SET lost_until = v_now + v_lease RETURNING lost_until INTO v_lost_until;
  END IF;

  UPDATE sync.slots AS s
  SET permit_id = NULL, free_at = v_now + back."restMs" * c_ms
  FROM jsonb_to_recordset(p_poll -> 'handBacks') AS back (key text, endpoint text, permit text, "restMs" float8)
  WHERE s.key_fingerprint = back.key AND s.endpoint = back.endpoint AND s.permit_id = back.permit;

  IF v_auto THEN
    INSERT INTO sync.bucket_scopes (key_fingerprint, scoped_at)
    SELECT key, v_now FROM jsonb_array_elements_text(p_poll -> 'scopedKeys') AS key
    ON CONFLICT (key_fingerprint) DO NOTHING;
    DELETE FROM sync.bucket_scopes
    WHERE key_fingerprint IN (SELECT jsonb_array_elements_text(p_poll -> 'unscopedKeys'));
  END IF;

  -- A slot without a row counts as just used.
  INSERT INTO sync.slots (key_fingerprint, endpoint, slot, free_at)
  SELECT w.key, w.endpoint, n, greatest(v_now + v_rest, v_lost_until)
  FROM jsonb_to_recordset(p_poll -> 'wanted') AS w (key text, endpoint text), generate_series(0, v_slots - 1) AS n
  ON CONFLICT (key_fingerprint, endpoint, slot) DO NOTHING;

  UPDATE sync.slots
  SET free_at = v_now + v_lease
  WHERE key_fingerprint IN (SELECT w.key FROM jsonb_to_recordset(p_poll -> 'wanted') AS w (key text))
    AND free_at > v_now + v_lease;

  WITH wanted AS (
    SELECT w.request, w.key, w.endpoint, w.permits, v_now - w."waitMs" * c_ms AS since,
      v_auto AND EXISTS (SELECT FROM sync.bucket_scopes AS c WHERE c.key_fingerprint = w.key) AS scoped
    FROM ROWS FROM (
      jsonb_to_recordset(p_poll -> 'wanted') AS (key text, endpoint text, permits jsonb, "waitMs" float8)
    ) WITH ORDINALITY AS w (key, endpoint, permits, "waitMs", request)
  ), counted AS (
    -- Every slot that the bucket's limit counts, and when it is free for this process.
    SELECT w.request, w.since, w.permits, w.scoped, s.key_fingerprint, s.endpoint, s.slot, s.permit_id, s.next_process,
      s.endpoint = w.endpoint AS is_own,
      turn.is_others,
      CASE WHEN turn.is_others THEN s.free_at + v_turn ELSE s.free_at END AS open_at,
      CASE WHEN w.scoped AND w.endpoint <> '*' THEN 0 ELSE jsonb_array_length(w.permits) END AS wanted
    FROM wanted AS w
    JOIN sync.slots AS s ON s.key_fingerprint = w.key AND (w.endpoint = '*' OR s.endpoint IN (w.endpoint, '*'))
    CROSS JOIN LATERAL (
      SELECT coalesce(s.next_process <> v_process AND s.next_since <= w.since, false) AS is_others
    ) AS turn
  ), ranked AS (
    SELECT c.*,
      least(c.wanted, greatest(0, v_slots - count(*) FILTER (WHERE c.open_at > v_now) OVER (PARTITION BY c.request)))
        AS granted,
      row_number() OVER (PARTITION BY c.request, c.is_own AND c.open_at <= v_now ORDER BY c.slot) AS free_rank,
      row_number() OVER (PARTITION BY c.request, c.is_own AND NOT c.is_others ORDER BY c.open_at, c.slot) AS turn_rank
    FROM counted AS c
  ), planned AS (
    SELECT r.*,
      r.is_own AND r.open_at <= v_now AND r.free_rank <= r.granted AS is_granted,
      r.is_own AND NOT r.is_others AND r.turn_rank = 1 AND r.wanted > 0 AND r.granted = 0 AS is_reserved
    FROM ranked AS r
  ), changed AS (
    UPDATE sync.slots AS s
    SET permit_id = CASE WHEN p.is_granted THEN p.permits ->> (p.free_rank - 1)::int ELSE s.permit_id END,
      free_at = CASE WHEN p.is_granted THEN v_now + v_lease ELSE s.free_at END,
      next_process = CASE WHEN p.is_reserved THEN v_process END,
      next_since = CASE WHEN p.is_reserved THEN p.since END
    FROM planned AS p
    WHERE s.key_fingerprint = p.key_fingerprint AND s.endpoint = p.endpoint AND s.slot = p.slot
      AND p.is_own AND (p.is_granted OR p.is_reserved <> (p.next_process IS NOT DISTINCT FROM v_process))
  ), results AS (
    SELECT p.request, p.granted, p.scoped,
      -- How many of the slots in use have to become free before the next grant.
      count(*) FILTER (WHERE p.open_at > v_now) + p.granted - v_slots + 1 AS missing,
      -- The request that holds a slot could be answered now; then the slot rests.
      array_agg(
        CASE WHEN p.permit_id IS NULL THEN p.open_at - v_now ELSE least(p.open_at - v_now, v_rest) END
        ORDER BY CASE WHEN p.permit_id IS NULL THEN p.open_at - v_now ELSE least(p.open_at - v_now, v_rest) END
      ) FILTER (WHERE p.open_at > v_now) AS waits
    FROM planned AS p
    GROUP BY p.request, p.granted, p.scoped
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object(
    'granted', r.granted,
    'nextInMs', CASE
      WHEN r.missing <= 0 THEN 0
      ELSE extract(epoch FROM coalesce(r.waits[r.missing::int], v_rest))::float8 * 1000
    END,
    'scopedToKey', r.scoped
  ) ORDER BY r.request), '[]') INTO v_buckets
  FROM results AS r;

  RETURN jsonb_build_object(
    'buckets', v_buckets,
    'lostForMs', greatest(0, CASE WHEN isfinite(v_lost_until) THEN extract(epoch FROM v_lost_until - v_now)::float8 * 1000 END)
  );
END
$$;
COMMENT ON FUNCTION sync.pace IS 'Pacing, one poll of one process: hands back slots, scopes keys, takes slots for waiting requests. Returns what was granted of each wanted bucket and when its next slot may be free.';
