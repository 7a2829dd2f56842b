-- The fleet as a whole by hour and by day, kept with the figures of its workers.

CREATE TABLE report.fleet_hour_totals (
  account_id             smallint NOT NULL,
  puid                   bigint NOT NULL,
  algo                   text NOT NULL,
  hour                   timestamptz NOT NULL,
  passes                 integer NOT NULL,
  worker_passes          bigint NOT NULL,
  active_samples         bigint NOT NULL,
  avg_real_hash_rate_hps numeric NOT NULL,
  min_real_hash_rate_hps numeric NOT NULL,
  max_real_hash_rate_hps numeric NOT NULL,
  PRIMARY KEY (account_id, puid, algo, hour),
  FOREIGN KEY (account_id, puid) REFERENCES pool.sub_accounts
);
CREATE INDEX fleet_hour_totals_hour_idx ON report.fleet_hour_totals (hour);
COMMENT ON TABLE report.fleet_hour_totals IS 'The workers of a sub-account and algorithm together, by hour; kept in the transaction that ends each pass. See fleet_hashrate_hourly.';
COMMENT ON COLUMN report.fleet_hour_totals.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN report.fleet_hour_totals.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.fleet_hour_totals.algo IS 'Algorithm.';
COMMENT ON COLUMN report.fleet_hour_totals.hour IS 'Start of the hour, UTC.';
COMMENT ON COLUMN report.fleet_hour_totals.passes IS 'Completed passes in that hour.';
COMMENT ON COLUMN report.fleet_hour_totals.worker_passes IS 'Workers listed in each of these passes, added up.';
COMMENT ON COLUMN report.fleet_hour_totals.active_samples IS 'Workers ACTIVE in each of these passes, added up; over worker_passes it is the uptime of the fleet, over passes the mean number of active workers.';
COMMENT ON COLUMN report.fleet_hour_totals.avg_real_hash_rate_hps IS 'Real-time hashrate of all ACTIVE workers together, mean over the passes, H/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_hour_totals.min_real_hash_rate_hps IS 'The same, of the lowest pass, H/s.';
COMMENT ON COLUMN report.fleet_hour_totals.max_real_hash_rate_hps IS 'The same, of the highest pass, H/s.';

CREATE TABLE report.fleet_day_totals (
  account_id             smallint NOT NULL,
  puid                   bigint NOT NULL,
  algo                   text NOT NULL,
  day                    date NOT NULL,
  passes                 integer NOT NULL,
  worker_passes          bigint NOT NULL,
  active_samples         bigint NOT NULL,
  avg_real_hash_rate_hps numeric NOT NULL,
  min_real_hash_rate_hps numeric NOT NULL,
  max_real_hash_rate_hps numeric NOT NULL,
  PRIMARY KEY (account_id, puid, algo, day),
  FOREIGN KEY (account_id, puid) REFERENCES pool.sub_accounts
);
CREATE INDEX fleet_day_totals_day_idx ON report.fleet_day_totals (day);
COMMENT ON TABLE report.fleet_day_totals IS 'The workers of a sub-account and algorithm together, by day (UTC); kept in the transaction that ends each pass. See fleet_hashrate_daily.';
COMMENT ON COLUMN report.fleet_day_totals.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN report.fleet_day_totals.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.fleet_day_totals.algo IS 'Algorithm.';
COMMENT ON COLUMN report.fleet_day_totals.day IS 'The day, UTC.';
COMMENT ON COLUMN report.fleet_day_totals.passes IS 'Completed passes on that day.';
COMMENT ON COLUMN report.fleet_day_totals.worker_passes IS 'Workers listed in each of these passes, added up.';
COMMENT ON COLUMN report.fleet_day_totals.active_samples IS 'Workers ACTIVE in each of these passes, added up; over worker_passes it is the uptime of the fleet, over passes the mean number of active workers.';
COMMENT ON COLUMN report.fleet_day_totals.avg_real_hash_rate_hps IS 'Real-time hashrate of all ACTIVE workers together, mean over the passes, H/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_day_totals.min_real_hash_rate_hps IS 'The same, of the lowest pass, H/s.';
COMMENT ON COLUMN report.fleet_day_totals.max_real_hash_rate_hps IS 'The same, of the highest pass, H/s.';

-- Samples arrive in the order of time: a block range index finds an hour among them and costs next to nothing.
CREATE INDEX worker_samples_observed_at_idx ON pool.worker_samples USING brin (observed_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX worker_passes_account_id_puid_algo_started_at_idx ON pool.worker_passes (account_id, puid, algo, started_at);

-- Every pass writes new versions of the same rows: room for them on the same page spares the indexes.
ALTER TABLE pool.workers SET (fillfactor = 70);
ALTER TABLE pool.worker_hourly SET (fillfactor = 70);
ALTER TABLE pool.worker_daily SET (fillfactor = 70);
