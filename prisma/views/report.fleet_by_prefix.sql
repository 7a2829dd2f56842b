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

COMMENT ON VIEW report.fleet_by_prefix IS 'The fleet as it is now by the beginning of the worker names: by the prefixes of book.worker_groups (kpool worker-groups), and by the name without its last number where none fits.';
COMMENT ON COLUMN report.fleet_by_prefix.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.fleet_by_prefix.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.fleet_by_prefix.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.fleet_by_prefix.name_prefix IS 'The prefix of book.worker_groups; where none fits, the workers'' name without its last number.';
COMMENT ON COLUMN report.fleet_by_prefix.site IS 'Where it stands, as book.worker_groups says (kpool worker-groups); null: no prefix of it fits the name.';
COMMENT ON COLUMN report.fleet_by_prefix.customer IS 'Whose it is, as book.worker_groups says.';
COMMENT ON COLUMN report.fleet_by_prefix.model IS 'Its model, as book.worker_groups says.';
COMMENT ON COLUMN report.fleet_by_prefix.workers IS 'Workers that the pool lists.';
COMMENT ON COLUMN report.fleet_by_prefix.active_workers IS 'Those among them that are ACTIVE.';
COMMENT ON COLUMN report.fleet_by_prefix.hash_rate_hps IS 'Their hashrate of the last hour, H/s.';
COMMENT ON COLUMN report.fleet_by_prefix.hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_by_prefix.baseline_hash_rate_hps IS 'What all of them do while they are sound, H/s: see report.worker_health.';
COMMENT ON COLUMN report.fleet_by_prefix.baseline_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_by_prefix.uptime IS 'Mean of the uptime of the last 7 UTC days and today.';
COMMENT ON COLUMN report.fleet_by_prefix.mean_reject_rate IS 'Mean reject rate, as served; its unit is not known.';
COMMENT ON COLUMN report.fleet_by_prefix.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.fleet_by_prefix.account_id IS 'The account''s number in the schema pool.';
