CREATE OR REPLACE VIEW sync.schedule AS
SELECT d.name, d.position,
       coalesce((SELECT (value ->> d.name)::numeric FROM sync.settings WHERE key = 'stream_intervals'), d.seconds)
         * interval '1 second' AS every
  FROM (VALUES ('algorithms', 1, 86400), ('sub-accounts', 2, 600), ('earnings', 3, 3600), ('rewards', 4, 3600),
               ('account-income', 5, 3600), ('sub-account-income', 6, 3600), ('workers', 7, 600),
               ('worker-details', 8, 86400), ('recent', NULL, 86400), ('full', NULL, 604800))
         AS d (name, position, seconds);

COMMENT ON VIEW sync.schedule IS 'How often each stream is synced, and how often the tiers of the ledger are read again.';
COMMENT ON COLUMN sync.schedule.name IS 'The stream; recent and full for the tiers.';
COMMENT ON COLUMN sync.schedule.position IS 'Order of the streams; null for a tier.';
COMMENT ON COLUMN sync.schedule.every IS 'The interval.';
