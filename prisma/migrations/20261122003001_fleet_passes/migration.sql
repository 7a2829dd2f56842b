-- What a pass over the workers has seen so far, and which workers were there when.

-- A pass that is under way when the server crashes is read again: nothing here is worth a write-ahead log.
CREATE UNLOGGED TABLE sync.staged_workers (
  pass_id            bigint NOT NULL,
  worker_id          bigint NOT NULL,
  worker_name        text NOT NULL,
  real_hash_rate_hps numeric,
  hour_hash_rate_hps numeric,
  day_hash_rate_hps  numeric,
  hash_unit          text,
  reject_rate        numeric,
  last_share_at      timestamptz,
  status             text NOT NULL,
  extra              jsonb,
  seen_at            timestamptz NOT NULL DEFAULT sync.now(),
  contested          boolean NOT NULL DEFAULT false,
  PRIMARY KEY (pass_id, worker_id)
);
CREATE INDEX staged_workers_contested_idx ON sync.staged_workers (pass_id) WHERE contested;
COMMENT ON TABLE sync.staged_workers IS 'Workers as a pass that is under way has seen them; emptied when it lands.';
COMMENT ON COLUMN sync.staged_workers.pass_id IS 'The pass: pool.worker_passes.';
COMMENT ON COLUMN sync.staged_workers.worker_id IS 'Worker id. API: workerId.';
COMMENT ON COLUMN sync.staged_workers.worker_name IS 'Worker name. API: workerName.';
COMMENT ON COLUMN sync.staged_workers.real_hash_rate_hps IS 'Real-time hashrate, H/s. API: realHashRate × hashUnit.';
COMMENT ON COLUMN sync.staged_workers.hour_hash_rate_hps IS 'Hourly hashrate, H/s. API: hourHashRate × hashUnit.';
COMMENT ON COLUMN sync.staged_workers.day_hash_rate_hps IS 'Daily hashrate, H/s. API: dayHashRate × hashUnit.';
COMMENT ON COLUMN sync.staged_workers.hash_unit IS 'The unit that the API named. API: hashUnit.';
COMMENT ON COLUMN sync.staged_workers.reject_rate IS 'Rejected shares in percent, as served. API: rejectRate.';
COMMENT ON COLUMN sync.staged_workers.last_share_at IS 'Last submitted share. API: lastShareTime.';
COMMENT ON COLUMN sync.staged_workers.status IS 'The list that it was in, or what /worker/get said.';
COMMENT ON COLUMN sync.staged_workers.extra IS 'Fields of the API that have no column, digit for digit.';
COMMENT ON COLUMN sync.staged_workers.seen_at IS 'When the page had been read.';
COMMENT ON COLUMN sync.staged_workers.contested IS 'Two lists of this pass held it, and /worker/get has not settled it yet.';

CREATE TABLE sync.worker_stays (
  account_id    smallint NOT NULL,
  puid          bigint NOT NULL,
  algo          text NOT NULL,
  worker_id     bigint NOT NULL,
  from_at       timestamptz NOT NULL,
  to_at         timestamptz,
  missed_at     timestamptz,
  resting_state text,
  PRIMARY KEY (account_id, puid, algo, worker_id, from_at),
  FOREIGN KEY (account_id, puid, algo, worker_id) REFERENCES pool.workers,
  CONSTRAINT worker_stays_from_before_to CHECK (from_at < to_at)
);
CREATE UNIQUE INDEX worker_stays_open_idx ON sync.worker_stays (account_id, puid, algo, worker_id) WHERE to_at IS NULL;
COMMENT ON TABLE sync.worker_stays IS 'From when to when each worker was listed: in those passes it is up or down, in others it is not there. What uptime is counted from, and what figures are recomputed from.';
COMMENT ON COLUMN sync.worker_stays.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.worker_stays.puid IS 'Sub-account id. API: puid.';
COMMENT ON COLUMN sync.worker_stays.algo IS 'Algorithm. API: algo (request).';
COMMENT ON COLUMN sync.worker_stays.worker_id IS 'Worker id. API: workerId.';
COMMENT ON COLUMN sync.worker_stays.from_at IS 'Start of the first pass that saw it.';
COMMENT ON COLUMN sync.worker_stays.to_at IS 'Start of the pass by which two had missed it; null while it is listed.';
COMMENT ON COLUMN sync.worker_stays.missed_at IS 'Start of the complete pass that missed it last; null when the last one saw it.';
COMMENT ON COLUMN sync.worker_stays.resting_state IS 'What its last sample said while it was not ACTIVE: as long as that stays so, no sample is added. Null after an ACTIVE one.';

COMMENT ON COLUMN pool.worker_passes.started_at IS 'When it began, by the database''s clock; the observed_at of its samples.';
COMMENT ON COLUMN pool.worker_hourly.passes IS 'Completed passes of its sub-account and algorithm in that hour, while the worker was listed.';
COMMENT ON COLUMN pool.worker_hourly.avg_real_hash_rate_hps IS 'Mean real-time hashrate over the passes in which it was ACTIVE, H/s, to 6 decimals; times active_samples / passes it is the mean over the hour.';
COMMENT ON COLUMN pool.worker_hourly.min_real_hash_rate_hps IS 'Lowest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN pool.worker_hourly.max_real_hash_rate_hps IS 'Highest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN pool.worker_daily.passes IS 'Completed passes of its sub-account and algorithm on that day, while the worker was listed.';
COMMENT ON COLUMN pool.worker_daily.avg_real_hash_rate_hps IS 'Mean real-time hashrate over the passes in which it was ACTIVE, H/s, to 6 decimals; times active_samples / passes it is the mean over the day.';
COMMENT ON COLUMN pool.worker_daily.min_real_hash_rate_hps IS 'Lowest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN pool.worker_daily.max_real_hash_rate_hps IS 'Highest real-time hashrate while ACTIVE, H/s.';
