-- Workers by week and reject rates by day: the norms that report.worker_health and report.worker_attention compare with.
-- They are computed from the complete days of pool.worker_daily, once a day and fleet, in the transaction of the first
-- snapshot of the next day.

CREATE TABLE sync.worker_weeks (
  puid                   bigint NOT NULL,
  algo                   text NOT NULL,
  worker_id              bigint NOT NULL,
  week                   date NOT NULL,
  days                   integer NOT NULL,
  snapshots              integer NOT NULL,
  active_samples         integer NOT NULL,
  avg_real_hash_rate_hps numeric,
  avg_reject_rate        numeric,
  baseline_hash_rate_hps numeric,
  PRIMARY KEY (puid, algo, worker_id, week)
);
CREATE INDEX worker_weeks_week_idx ON sync.worker_weeks (week);
COMMENT ON TABLE sync.worker_weeks IS 'Workers by week, complete days only. Use report.worker_weekly instead.';
COMMENT ON COLUMN sync.worker_weeks.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.worker_weeks.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.worker_weeks.worker_id IS 'Worker id.';
COMMENT ON COLUMN sync.worker_weeks.week IS 'The Monday of the week, UTC.';
COMMENT ON COLUMN sync.worker_weeks.days IS 'Complete days that it sums up.';
COMMENT ON COLUMN sync.worker_weeks.snapshots IS 'Completed snapshots while the worker was listed.';
COMMENT ON COLUMN sync.worker_weeks.active_samples IS 'Snapshots in which it was ACTIVE.';
COMMENT ON COLUMN sync.worker_weeks.avg_real_hash_rate_hps IS 'Mean of the daily means of its real-time hashrate while ACTIVE, weighted by samples, H/s, to 6 decimals.';
COMMENT ON COLUMN sync.worker_weeks.avg_reject_rate IS 'Mean of the last reject rate of each day, as served, to 6 decimals.';
COMMENT ON COLUMN sync.worker_weeks.baseline_hash_rate_hps IS 'Its normal hashrate: the 80th percentile of its weekly means of this week and the eight before, H/s.';

CREATE TABLE sync.reject_days (
  puid    bigint NOT NULL,
  algo    text NOT NULL,
  day     date NOT NULL,
  workers integer NOT NULL,
  mean    numeric NOT NULL,
  median  numeric NOT NULL,
  p90     numeric NOT NULL,
  highest numeric NOT NULL,
  PRIMARY KEY (puid, algo, day)
);
CREATE INDEX reject_days_day_idx ON sync.reject_days (day);
COMMENT ON TABLE sync.reject_days IS 'Reject rates of a fleet by complete day. Read report.reject_rate_daily instead.';
COMMENT ON COLUMN sync.reject_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.reject_days.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.reject_days.day IS 'The day, UTC.';
COMMENT ON COLUMN sync.reject_days.workers IS 'Workers with a reject rate on that day.';
COMMENT ON COLUMN sync.reject_days.mean IS 'Mean of their last rates, as served, to 6 decimals.';
COMMENT ON COLUMN sync.reject_days.median IS 'Their median.';
COMMENT ON COLUMN sync.reject_days.p90 IS 'Their 90th percentile.';
COMMENT ON COLUMN sync.reject_days.highest IS 'The highest.';

CREATE FUNCTION sync.sum_up_fleet_days(of_puid bigint, of_algo text, from_day date, before_day date) RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  -- One primary-key lookup per worker, so the cost does not grow with history.
  INSERT INTO sync.worker_weeks (puid, algo, worker_id, week, days, snapshots, active_samples,
                                 avg_real_hash_rate_hps, avg_reject_rate)
  SELECT w.puid, w.algo, w.worker_id, s.*
    FROM pool.workers w
   CROSS JOIN LATERAL (
     SELECT date_trunc('week', d.day::timestamp)::date AS week, count(*), sum(d.snapshots), sum(d.active_samples),
            round(sum(d.avg_real_hash_rate_hps * d.active_samples)
                  / nullif(sum(d.active_samples) FILTER (WHERE d.avg_real_hash_rate_hps IS NOT NULL), 0), 6),
            round(avg(d.last_reject_rate), 6)
       FROM pool.worker_daily d
      WHERE d.puid = w.puid AND d.algo = w.algo AND d.worker_id = w.worker_id
        AND d.day >= date_trunc('week', from_day::timestamp)::date AND d.day < before_day
      GROUP BY 1) AS s
   WHERE w.puid = of_puid AND w.algo = of_algo
      ON CONFLICT (puid, algo, worker_id, week) DO UPDATE
     SET days = excluded.days, snapshots = excluded.snapshots, active_samples = excluded.active_samples,
         avg_real_hash_rate_hps = excluded.avg_real_hash_rate_hps, avg_reject_rate = excluded.avg_reject_rate;
  -- A week's baseline covers it and the eight weeks before, so the baselines of the eight weeks after change as well.
  UPDATE sync.worker_weeks t
     SET baseline_hash_rate_hps = (
           SELECT percentile_disc(0.8) WITHIN GROUP (ORDER BY o.avg_real_hash_rate_hps) FROM sync.worker_weeks o
            WHERE o.puid = t.puid AND o.algo = t.algo AND o.worker_id = t.worker_id AND o.week BETWEEN t.week - 56 AND t.week)
   WHERE t.puid = of_puid AND t.algo = of_algo
     AND t.week >= date_trunc('week', from_day::timestamp)::date AND t.week < before_day + 56;
  INSERT INTO sync.reject_days (puid, algo, day, workers, mean, median, p90, highest)
  SELECT of_puid, of_algo, d.day, count(*), round(avg(d.last_reject_rate), 6),
         percentile_disc(0.5) WITHIN GROUP (ORDER BY d.last_reject_rate),
         percentile_disc(0.9) WITHIN GROUP (ORDER BY d.last_reject_rate), max(d.last_reject_rate)
    FROM pool.workers w
    JOIN pool.worker_daily d ON d.puid = w.puid AND d.algo = w.algo AND d.worker_id = w.worker_id
   WHERE w.puid = of_puid AND w.algo = of_algo AND d.day >= from_day AND d.day < before_day
     AND d.last_reject_rate IS NOT NULL
   GROUP BY d.day
      ON CONFLICT (puid, algo, day) DO UPDATE
     SET workers = excluded.workers, mean = excluded.mean, median = excluded.median, p90 = excluded.p90,
         highest = excluded.highest;
END
$$;
COMMENT ON FUNCTION sync.sum_up_fleet_days(bigint, text, date, date) IS 'Sums up the days of a fleet from the first (inclusive) to the second (exclusive), and the weeks that they touch.';

-- A day is complete once the fleet has figures of a later one. Figures of a complete day change only if they are recomputed
-- (kpool rollup).
CREATE FUNCTION sync.follow_fleet_days() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
DECLARE
  newest   date := (SELECT max(day_utc) FROM report.fleet_day_totals WHERE puid = NEW.puid AND algo = NEW.algo);
  complete date := NEW.day_utc;
BEGIN
  IF TG_OP = 'INSERT' AND NEW.day_utc = newest THEN
    complete := (SELECT max(day_utc) FROM report.fleet_day_totals
                  WHERE puid = NEW.puid AND algo = NEW.algo AND day_utc < NEW.day_utc);
  END IF;
  IF complete < newest THEN
    PERFORM sync.sum_up_fleet_days(NEW.puid, NEW.algo, complete, newest);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sync.follow_fleet_days() IS 'Trigger: sums up the days of a fleet that a new day completes, or that were recomputed.';
CREATE TRIGGER follow_fleet_days AFTER INSERT OR UPDATE ON report.fleet_day_totals
  FOR EACH ROW EXECUTE FUNCTION sync.follow_fleet_days();
