CREATE OR REPLACE VIEW sync.named_workers AS
SELECT a.account_name, a.sub_account, a.account_id, w.puid, w.algo, w.worker_id, w.worker_name,
       g.site, g.customer, g.model,
       coalesce(g.prefix, regexp_replace(w.worker_name, '[^[:alnum:]]*[0-9]+$', '')) AS name_prefix,
       w.status, w.real_hash_rate_hps, w.hour_hash_rate_hps, w.day_hash_rate_hps, w.reject_rate, w.last_share_at,
       w.first_seen_at, w.last_seen_at, w.removed_at
  FROM pool.workers w
  LEFT JOIN report.sub_accounts a ON a.puid = w.puid
  -- The longest matching prefix, by one primary-key look-up per length that occurs. LEFT JOIN, so that it is dropped from
  -- queries that do not use its columns.
  LEFT JOIN book.worker_groups g ON g.prefix = CASE WHEN EXISTS (SELECT FROM book.worker_groups) THEN (
         SELECT p.prefix
           FROM unnest((SELECT array_agg(DISTINCT length(prefix)) FROM book.worker_groups)) AS l (length)
           JOIN book.worker_groups p ON p.prefix = left(w.worker_name, l.length)
          ORDER BY l.length DESC LIMIT 1) END;

COMMENT ON VIEW sync.named_workers IS 'Workers with the names of their account and sub-account, and their group in book.worker_groups. Use report.worker_status instead.';
COMMENT ON COLUMN sync.named_workers.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN sync.named_workers.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN sync.named_workers.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN sync.named_workers.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.named_workers.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN sync.named_workers.worker_id IS 'Worker id.';
COMMENT ON COLUMN sync.named_workers.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN sync.named_workers.site IS 'Site of its group in book.worker_groups (kpool worker-groups); null if no prefix matches its name.';
COMMENT ON COLUMN sync.named_workers.customer IS 'Customer of its group in book.worker_groups.';
COMMENT ON COLUMN sync.named_workers.model IS 'Model of its group in book.worker_groups.';
COMMENT ON COLUMN sync.named_workers.name_prefix IS 'The longest prefix in book.worker_groups that its name starts with; if none does, the name without its trailing number.';
COMMENT ON COLUMN sync.named_workers.status IS 'ACTIVE, INACTIVE, INVALID, or any other value the pool sends.';
COMMENT ON COLUMN sync.named_workers.real_hash_rate_hps IS 'Real-time hashrate, H/s.';
COMMENT ON COLUMN sync.named_workers.hour_hash_rate_hps IS 'Hourly hashrate, H/s.';
COMMENT ON COLUMN sync.named_workers.day_hash_rate_hps IS 'Daily hashrate, H/s.';
COMMENT ON COLUMN sync.named_workers.reject_rate IS 'Reject rate as served. Its unit is unclear: the specification labels it %, with the examples 0.0157 and 0.02.';
COMMENT ON COLUMN sync.named_workers.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN sync.named_workers.first_seen_at IS 'When it was first listed.';
COMMENT ON COLUMN sync.named_workers.last_seen_at IS 'When it was last listed.';
COMMENT ON COLUMN sync.named_workers.removed_at IS 'When the pool was first seen not to list it; null while it does.';
