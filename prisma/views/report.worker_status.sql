CREATE OR REPLACE VIEW report.worker_status AS
SELECT w.account_name, w.sub_account, w.puid, w.algo, w.worker_id, w.worker_name,
       w.site, w.customer, w.model, w.name_prefix, w.status,
       w.real_hash_rate_hps, round(w.real_hash_rate_hps / 1e12, 6) AS real_hash_rate_ths,
       w.hour_hash_rate_hps, round(w.hour_hash_rate_hps / 1e12, 6) AS hour_hash_rate_ths,
       w.day_hash_rate_hps, round(w.day_hash_rate_hps / 1e12, 6) AS day_hash_rate_ths,
       w.reject_rate, w.last_share_at, n.now - w.last_share_at AS since_last_share,
       round(extract(epoch FROM n.now - w.last_share_at)::numeric / 3600, 2) AS hours_since_last_share,
       w.first_seen_at, w.last_seen_at, w.account_id
  FROM sync.named_workers w
 CROSS JOIN (SELECT sync.now() AS now) n
 WHERE w.removed_at IS NULL;

COMMENT ON VIEW report.worker_status IS 'Workers (mining machines) that the pool lists, as of their last snapshot.';
COMMENT ON COLUMN report.worker_status.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_status.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.worker_status.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_status.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_status.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_status.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_status.site IS 'Site of its group in book.worker_groups (kpool worker-groups); null if no prefix matches its name.';
COMMENT ON COLUMN report.worker_status.customer IS 'Customer of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_status.model IS 'Model of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_status.name_prefix IS 'The longest prefix in book.worker_groups that its name starts with; if none does, the name without its trailing number.';
COMMENT ON COLUMN report.worker_status.status IS 'ACTIVE, INACTIVE, INVALID, or any other value the pool sends.';
COMMENT ON COLUMN report.worker_status.real_hash_rate_hps IS 'Real-time hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.real_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_status.hour_hash_rate_hps IS 'Hourly hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.hour_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_status.day_hash_rate_hps IS 'Daily hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.day_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_status.reject_rate IS 'Reject rate as served. Its unit is unclear: the specification labels it %, with the examples 0.0157 and 0.02.';
COMMENT ON COLUMN report.worker_status.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_status.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_status.hours_since_last_share IS 'The same in hours.';
COMMENT ON COLUMN report.worker_status.first_seen_at IS 'When it was first listed.';
COMMENT ON COLUMN report.worker_status.last_seen_at IS 'When it was last listed.';
COMMENT ON COLUMN report.worker_status.account_id IS 'The account''s number in the schema pool.';
