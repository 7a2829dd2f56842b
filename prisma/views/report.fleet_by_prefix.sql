CREATE OR REPLACE VIEW report.fleet_by_prefix AS
SELECT h.account_name, h.sub_account, h.algo, h.name_prefix, h.site, h.customer, h.model,
       count(*) AS workers,
       count(*) FILTER (WHERE h.status = 'ACTIVE') AS active_workers,
       sum(h.hash_rate_hps) FILTER (WHERE h.status = 'ACTIVE') AS hash_rate_hps,
       round(sum(h.hash_rate_hps) FILTER (WHERE h.status = 'ACTIVE') / 1e12, 6) AS hash_rate_ths,
       sum(h.baseline_hash_rate_hps) AS baseline_hash_rate_hps,
       round(sum(h.baseline_hash_rate_hps) / 1e12, 6) AS baseline_hash_rate_ths,
       round(avg(h.uptime), 4) AS uptime, round(avg(h.reject_rate), 6) AS mean_reject_rate,
       h.puid, h.account_id
  FROM report.worker_health h
 GROUP BY h.account_name, h.sub_account, h.account_id, h.puid, h.algo, h.name_prefix, h.site, h.customer, h.model;

COMMENT ON VIEW report.fleet_by_prefix IS 'The current fleet by worker name prefix: the prefixes of book.worker_groups (kpool worker-groups), or the name without its trailing number if none matches.';
COMMENT ON COLUMN report.fleet_by_prefix.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.fleet_by_prefix.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.fleet_by_prefix.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.fleet_by_prefix.name_prefix IS 'The prefix in book.worker_groups; if none matches, the workers'' name without its trailing number.';
COMMENT ON COLUMN report.fleet_by_prefix.site IS 'Site of its group in book.worker_groups (kpool worker-groups); null if no prefix matches its name.';
COMMENT ON COLUMN report.fleet_by_prefix.customer IS 'Customer of its group in book.worker_groups.';
COMMENT ON COLUMN report.fleet_by_prefix.model IS 'Model of its group in book.worker_groups.';
COMMENT ON COLUMN report.fleet_by_prefix.workers IS 'Workers that the pool lists.';
COMMENT ON COLUMN report.fleet_by_prefix.active_workers IS 'Workers that are ACTIVE.';
COMMENT ON COLUMN report.fleet_by_prefix.hash_rate_hps IS 'Their hashrate of the last hour, H/s.';
COMMENT ON COLUMN report.fleet_by_prefix.hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_by_prefix.baseline_hash_rate_hps IS 'Sum of their normal hashrates, H/s: see report.worker_health.';
COMMENT ON COLUMN report.fleet_by_prefix.baseline_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_by_prefix.uptime IS 'Mean of the uptime of the last 7 UTC days and today.';
COMMENT ON COLUMN report.fleet_by_prefix.mean_reject_rate IS 'Mean reject rate, as served; its unit is unclear.';
COMMENT ON COLUMN report.fleet_by_prefix.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.fleet_by_prefix.account_id IS 'The account''s number in the schema pool.';
