-- Exact sums beside the means: a pass adds to them, and what is added up so equals what is computed anew.

ALTER TABLE pool.worker_hourly ADD COLUMN measured_samples integer NOT NULL DEFAULT 0, ADD COLUMN sum_real_hash_rate_hps numeric;
ALTER TABLE pool.worker_daily ADD COLUMN measured_samples integer NOT NULL DEFAULT 0, ADD COLUMN sum_real_hash_rate_hps numeric;
ALTER TABLE report.fleet_hour_totals ADD COLUMN sum_real_hash_rate_hps numeric NOT NULL DEFAULT 0;
ALTER TABLE report.fleet_day_totals ADD COLUMN sum_real_hash_rate_hps numeric NOT NULL DEFAULT 0;

COMMENT ON COLUMN pool.worker_hourly.measured_samples IS 'Passes in which it was ACTIVE with a known hashrate: what the mean is over.';
COMMENT ON COLUMN pool.worker_hourly.sum_real_hash_rate_hps IS 'Sum of its real-time hashrates over these passes, H/s, exact; null when there is none.';
COMMENT ON COLUMN pool.worker_daily.measured_samples IS 'Passes in which it was ACTIVE with a known hashrate: what the mean is over.';
COMMENT ON COLUMN pool.worker_daily.sum_real_hash_rate_hps IS 'Sum of its real-time hashrates over these passes, H/s, exact; null when there is none.';
COMMENT ON COLUMN report.fleet_hour_totals.sum_real_hash_rate_hps IS 'Real-time hashrate of all ACTIVE workers together, summed over the passes, H/s, exact.';
COMMENT ON COLUMN report.fleet_day_totals.sum_real_hash_rate_hps IS 'Real-time hashrate of all ACTIVE workers together, summed over the passes, H/s, exact.';

COMMENT ON COLUMN pool.worker_hourly.avg_real_hash_rate_hps IS 'Mean real-time hashrate while ACTIVE, H/s, to 6 decimals; sum_real_hash_rate_hps / passes is the mean over the whole time.';
COMMENT ON COLUMN pool.worker_daily.avg_real_hash_rate_hps IS 'Mean real-time hashrate while ACTIVE, H/s, to 6 decimals; sum_real_hash_rate_hps / passes is the mean over the whole time.';
