CREATE OR REPLACE VIEW report.worker_status AS
SELECT a.account_name, a.sub_account, w.puid, w.algo, w.worker_id, w.worker_name,
       w.status, w.real_hash_rate_hps, w.hour_hash_rate_hps, w.day_hash_rate_hps, w.reject_rate,
       w.last_share_at, n.now - w.last_share_at AS since_last_share,
       w.first_seen_at, w.last_seen_at, a.account_id
  FROM pool.workers w
  JOIN report.sub_accounts a ON a.puid = w.puid
 CROSS JOIN (SELECT sync.now() AS now) n
 WHERE w.removed_at IS NULL;

COMMENT ON VIEW report.worker_status IS 'Workers (mining machines) that the pool lists, as they were when last looked at.';
COMMENT ON COLUMN report.worker_status.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_status.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.worker_status.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_status.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_status.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_status.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_status.status IS 'ACTIVE, INACTIVE, INVALID, or whatever the pool says.';
COMMENT ON COLUMN report.worker_status.real_hash_rate_hps IS 'Real-time hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.hour_hash_rate_hps IS 'Hourly hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.day_hash_rate_hps IS 'Daily hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.reject_rate IS 'Rejected shares in percent, as served.';
COMMENT ON COLUMN report.worker_status.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_status.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_status.first_seen_at IS 'When it was first listed to us.';
COMMENT ON COLUMN report.worker_status.last_seen_at IS 'When it was last listed to us.';
COMMENT ON COLUMN report.worker_status.account_id IS 'The account''s number in the schema pool.';
