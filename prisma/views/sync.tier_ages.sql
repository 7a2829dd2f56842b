CREATE OR REPLACE VIEW sync.tier_ages AS
SELECT coalesce((s.value ->> 'recent')::int, 35) * interval '1 day' AS recent_for,
       coalesce((s.value ->> 'dormant')::int, 45) * interval '1 day' AS dormant_after
  FROM (SELECT (SELECT value FROM sync.settings WHERE key = 'tier_days') AS value) AS s;

COMMENT ON VIEW sync.tier_ages IS 'Which windows count as recent, and which scopes as dormant; one row.';
COMMENT ON COLUMN sync.tier_ages.recent_for IS 'RECENT_DAYS: windows that end later than this long ago are re-read daily.';
COMMENT ON COLUMN sync.tier_ages.dormant_after IS 'DORMANT_AFTER_DAYS: an algorithm that a sub-account does not mine by default, without a sign of life for this long, is visited once a day.';
