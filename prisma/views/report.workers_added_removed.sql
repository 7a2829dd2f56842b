CREATE OR REPLACE VIEW report.workers_added_removed AS
SELECT w.account_name, w.sub_account, p.puid, p.algo, p.worker_id, w.worker_name,
       w.site, w.customer, w.model, w.name_prefix, e.change, e.changed_at,
       sync.day_of(e.changed_at, z.time_zone) AS day, w.account_id
  FROM (SELECT puid, algo, worker_id, from_at, to_at,
               row_number() OVER (PARTITION BY puid, algo, worker_id ORDER BY from_at) > 1 AS is_back,
               from_at = min(from_at) OVER (PARTITION BY puid, algo) AS is_first
          FROM sync.worker_presence) AS p
  JOIN sync.named_workers w ON w.puid = p.puid AND w.algo = p.algo AND w.worker_id = p.worker_id
 CROSS JOIN sync.report_zone z
 CROSS JOIN LATERAL (VALUES
        -- Workers of a scope's first snapshot were not added then: they existed before.
        (CASE WHEN p.is_back THEN 'returned' WHEN NOT p.is_first THEN 'added' END, p.from_at),
        ('removed', p.to_at)) AS e (change, changed_at)
 WHERE e.change IS NOT NULL AND e.changed_at IS NOT NULL;

COMMENT ON VIEW report.workers_added_removed IS 'Workers (mining machines) that the pool started to list, lists again, or no longer lists. Workers in the first snapshot of their sub-account and algorithm do not count as added.';
COMMENT ON COLUMN report.workers_added_removed.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.workers_added_removed.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.workers_added_removed.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.workers_added_removed.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.workers_added_removed.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.workers_added_removed.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.workers_added_removed.site IS 'Site of its group in book.worker_groups (kpool worker-groups); null if no prefix matches its name.';
COMMENT ON COLUMN report.workers_added_removed.customer IS 'Customer of its group in book.worker_groups.';
COMMENT ON COLUMN report.workers_added_removed.model IS 'Model of its group in book.worker_groups.';
COMMENT ON COLUMN report.workers_added_removed.name_prefix IS 'The longest prefix in book.worker_groups that its name starts with; if none does, the name without its trailing number.';
COMMENT ON COLUMN report.workers_added_removed.change IS 'added: listed for the first time; returned: listed again; removed: absent from two complete snapshots in a row.';
COMMENT ON COLUMN report.workers_added_removed.changed_at IS 'The snapshot that showed it.';
COMMENT ON COLUMN report.workers_added_removed.day IS 'Its day, in the time zone of the reports (REPORT_TIME_ZONE; UTC by default).';
COMMENT ON COLUMN report.workers_added_removed.account_id IS 'The account''s number in the schema pool.';
