-- What was alerted of, so that any process may tell a start and an end, and none tells it twice.

CREATE TABLE sync.alerts (
  alert_id      text PRIMARY KEY,
  kind          text NOT NULL,
  account_id    smallint NOT NULL REFERENCES pool.accounts,
  start_text    text NOT NULL,
  end_text      text NOT NULL,
  detail        jsonb NOT NULL,
  first_seen_at timestamptz NOT NULL,
  told_at       timestamptz,
  ended_at      timestamptz,
  claimed_until timestamptz
);
COMMENT ON TABLE sync.alerts IS 'What is wrong and alerted of (ALERT_WEBHOOK_URL), one row per subject, until its end was told.';
COMMENT ON COLUMN sync.alerts.alert_id IS 'The subject: kind, account, and what it is about.';
COMMENT ON COLUMN sync.alerts.kind IS 'account-stopped, stream-late, income-differs or quarantine-growing.';
COMMENT ON COLUMN sync.alerts.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.alerts.start_text IS 'What is told when it starts.';
COMMENT ON COLUMN sync.alerts.end_text IS 'What is told when it ends.';
COMMENT ON COLUMN sync.alerts.detail IS 'The figures behind it.';
COMMENT ON COLUMN sync.alerts.first_seen_at IS 'When it was first found wrong.';
COMMENT ON COLUMN sync.alerts.told_at IS 'When its start was told; null: not yet.';
COMMENT ON COLUMN sync.alerts.ended_at IS 'When it was first found well again; null while it is wrong.';
COMMENT ON COLUMN sync.alerts.claimed_until IS 'Until then a process is telling it.';
