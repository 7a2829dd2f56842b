CREATE OR REPLACE VIEW sync.close_spans AS
SELECT c.month, c.instant AS closed_at, c.next_at
  FROM (SELECT month, action, instant, lead(instant) OVER (PARTITION BY month ORDER BY close_id) AS next_at
          FROM sync.closes) AS c
 WHERE c.action = 'close';

COMMENT ON VIEW sync.close_spans IS 'Every close of a month, and from when to when it was in force.';
COMMENT ON COLUMN sync.close_spans.month IS 'First day of the month.';
COMMENT ON COLUMN sync.close_spans.closed_at IS 'The instant as of which the month was reported.';
COMMENT ON COLUMN sync.close_spans.next_at IS 'The instant of the next record of the month, a reopening or another close; null: the month is closed.';
