CREATE OR REPLACE VIEW sync.latest_runs AS
SELECT coalesce(c.account_id, s.account_id) AS account_id, c.stream, c.puid, c.algo, c.consecutive_failures,
       r.started_at, r.finished_at, r.outcome, r.error_code, r.error_message
  FROM sync.cursors c
  LEFT JOIN pool.sub_accounts s ON s.puid = c.puid
 CROSS JOIN LATERAL (
   -- Scopes of accounts and of sub-accounts, each found by its own index.
   (SELECT * FROM sync.runs
     WHERE stream = c.stream AND account_id = c.account_id AND puid IS NULL AND outcome IN ('succeeded', 'partial', 'failed')
     ORDER BY started_at DESC LIMIT 1)
    UNION ALL
   (SELECT * FROM sync.runs
     WHERE stream = c.stream AND puid = c.puid AND algo = c.algo AND outcome IN ('succeeded', 'partial', 'failed')
     ORDER BY started_at DESC LIMIT 1)) AS r;

COMMENT ON VIEW sync.latest_runs IS 'The latest finished run of each scope, except runs stopped on request.';
COMMENT ON COLUMN sync.latest_runs.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.latest_runs.stream IS 'Kind of data: earnings, rewards, workers, …';
COMMENT ON COLUMN sync.latest_runs.puid IS 'Sub-account id; null if the scope is an account.';
COMMENT ON COLUMN sync.latest_runs.algo IS 'Algorithm; empty if the stream has none.';
COMMENT ON COLUMN sync.latest_runs.consecutive_failures IS 'Failed runs of the scope since its last success.';
COMMENT ON COLUMN sync.latest_runs.started_at IS 'When it started.';
COMMENT ON COLUMN sync.latest_runs.finished_at IS 'When it finished.';
COMMENT ON COLUMN sync.latest_runs.outcome IS 'succeeded, partial or failed.';
COMMENT ON COLUMN sync.latest_runs.error_code IS 'Name of the failure.';
COMMENT ON COLUMN sync.latest_runs.error_message IS 'The failure in one sentence, without secrets.';
