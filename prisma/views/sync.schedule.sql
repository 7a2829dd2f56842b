CREATE OR REPLACE VIEW sync.schedule AS
SELECT stream AS name, position, every_ms * interval '1 millisecond' AS every, scope_kind
  FROM sync.streams
 UNION ALL
SELECT d.name, NULL,
       coalesce((SELECT (value ->> d.name)::numeric FROM sync.settings WHERE key = 'tier_intervals'), d.seconds)
         * interval '1 second', NULL
  FROM (VALUES ('recent', 86400), ('full', 604800)) AS d (name, seconds);

COMMENT ON VIEW sync.schedule IS 'How often each stream is synced, and how often the ledger''s tiers are re-read.';
COMMENT ON COLUMN sync.schedule.name IS 'The stream; recent and full for the tiers.';
COMMENT ON COLUMN sync.schedule.position IS 'Order of the streams; null for a tier.';
COMMENT ON COLUMN sync.schedule.every IS 'The interval.';
COMMENT ON COLUMN sync.schedule.scope_kind IS 'account: one scope per account; mining: one per sub-account and algorithm; null for a tier.';
