-- Progress and its proofs, what went wrong, and what all processes must agree on.

CREATE TABLE sync.cursors (
  stream               text NOT NULL,
  account_id           smallint NOT NULL REFERENCES pool.accounts,
  puid                 bigint NOT NULL DEFAULT -1,
  algo                 text NOT NULL DEFAULT '',
  version              bigint NOT NULL DEFAULT 0,
  history_complete     boolean NOT NULL DEFAULT false,
  complete_from        timestamptz,
  complete_to          timestamptz,
  last_cycle_at        timestamptz,
  last_daily_at        timestamptz,
  last_weekly_at       timestamptz,
  last_success_at      timestamptz,
  last_life_at         timestamptz,
  hidden_coins         text[] NOT NULL DEFAULT '{}',
  probed_coins         text[] NOT NULL DEFAULT '{}',
  coins_probed_at      timestamptz,
  page_size_cap        integer CHECK (page_size_cap > 0),
  bounds_ignored       boolean NOT NULL DEFAULT false,
  bounds_slack_ms      bigint CHECK (bounds_slack_ms > 0),
  span_limit_ms        bigint CHECK (span_limit_ms > 0),
  served_from          timestamptz,
  expected_rows        bigint,
  position             bigint,
  consecutive_failures integer NOT NULL DEFAULT 0,
  created_at           timestamptz NOT NULL DEFAULT sync.now(),
  PRIMARY KEY (stream, account_id, puid, algo)
);
COMMENT ON TABLE sync.cursors IS 'Per scope (stream, account, sub-account, algorithm): what is complete and what is next.';
COMMENT ON COLUMN sync.cursors.stream IS 'Kind of data: earnings, rewards, workers, …';
COMMENT ON COLUMN sync.cursors.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.cursors.puid IS 'Sub-account id; -1 where the stream has none.';
COMMENT ON COLUMN sync.cursors.algo IS 'Algorithm; empty where the stream has none.';
COMMENT ON COLUMN sync.cursors.version IS 'Counts commits: one that started from an older version loses.';
COMMENT ON COLUMN sync.cursors.history_complete IS 'Whether everything down to the oldest row has been read.';
COMMENT ON COLUMN sync.cursors.complete_from IS 'Start of the certified span of mining time, included.';
COMMENT ON COLUMN sync.cursors.complete_to IS 'End of the certified span of mining time, not included.';
COMMENT ON COLUMN sync.cursors.last_cycle_at IS 'When the newest window was last read.';
COMMENT ON COLUMN sync.cursors.last_daily_at IS 'When the daily tier was last read.';
COMMENT ON COLUMN sync.cursors.last_weekly_at IS 'When everything was last read again.';
COMMENT ON COLUMN sync.cursors.last_success_at IS 'When a run of the scope last succeeded.';
COMMENT ON COLUMN sync.cursors.last_life_at IS 'Last sign of life: rows or workers seen. Long ago means dormant.';
COMMENT ON COLUMN sync.cursors.hidden_coins IS 'Currencies whose rows are served only when coinName is sent.';
COMMENT ON COLUMN sync.cursors.probed_coins IS 'Currencies that have been probed for hidden rows.';
COMMENT ON COLUMN sync.cursors.coins_probed_at IS 'When they were last probed.';
COMMENT ON COLUMN sync.cursors.page_size_cap IS 'Rows on a full page as the server really serves it; null until it was seen to serve fewer than asked.';
COMMENT ON COLUMN sync.cursors.bounds_ignored IS 'Whether the server was seen to ignore startTime and endTime, or to select by another date: then all of the history is paged instead of read in windows.';
COMMENT ON COLUMN sync.cursors.expected_rows IS 'Rows in all, as the server counts them; for progress only.';
COMMENT ON COLUMN sync.cursors.position IS 'Where a resumable round stands.';
COMMENT ON COLUMN sync.cursors.consecutive_failures IS 'Runs failed since the last success.';
COMMENT ON COLUMN sync.cursors.created_at IS 'When the scope was first met.';
COMMENT ON COLUMN sync.cursors.span_limit_ms IS 'The longest span of time, in milliseconds, that the server answered with all that it holds; null until it was seen to refuse a longer one or to serve a part of it. The least of an account counts for all its scopes.';
COMMENT ON COLUMN sync.cursors.served_from IS 'The oldest mining time of the scope that the pool still serves, once it was seen to forget what is older: those rows are kept as they were; null: it forgot none.';
COMMENT ON COLUMN sync.cursors.bounds_slack_ms IS 'By how much more than a window is asked for on either side, in milliseconds, once windows were seen to lack rows at their edges (times taken for those of another zone); null: nothing.';

CREATE TABLE sync.windows (
  stream            text NOT NULL,
  account_id        smallint NOT NULL,
  puid              bigint NOT NULL DEFAULT -1,
  algo              text NOT NULL DEFAULT '',
  from_at           timestamptz NOT NULL,
  to_at             timestamptz NOT NULL,
  row_count         integer NOT NULL DEFAULT 0,
  pending_count     integer NOT NULL DEFAULT 0,
  quarantined_count integer NOT NULL DEFAULT 0,
  in_doubt_count    integer NOT NULL DEFAULT 0,
  content_hash      text,
  verified_at       timestamptz,
  PRIMARY KEY (stream, account_id, puid, algo, from_at),
  FOREIGN KEY (stream, account_id, puid, algo) REFERENCES sync.cursors,
  CONSTRAINT windows_from_before_to CHECK (from_at < to_at)
);
COMMENT ON TABLE sync.windows IS 'The spans of mining time in which a scope is read, each small enough for one page.';
COMMENT ON COLUMN sync.windows.stream IS 'Kind of data: earnings or rewards.';
COMMENT ON COLUMN sync.windows.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.windows.puid IS 'Sub-account id; -1 where the stream has none.';
COMMENT ON COLUMN sync.windows.algo IS 'Algorithm; empty where the stream has none.';
COMMENT ON COLUMN sync.windows.from_at IS 'Start of the span, included.';
COMMENT ON COLUMN sync.windows.to_at IS 'End of the span, not included; infinity for the newest.';
COMMENT ON COLUMN sync.windows.row_count IS 'Live rows in it when last verified.';
COMMENT ON COLUMN sync.windows.pending_count IS 'Pending rows among them.';
COMMENT ON COLUMN sync.windows.quarantined_count IS 'Rows served in it that could not be understood.';
COMMENT ON COLUMN sync.windows.in_doubt_count IS 'Live rows of it that the last complete read did not serve, kept since a row that could not be understood may be any of them.';
COMMENT ON COLUMN sync.windows.content_hash IS 'Hash of the rows as served, order apart.';
COMMENT ON COLUMN sync.windows.verified_at IS 'When it was last certified complete; null: known, not certified.';

CREATE TABLE sync.runs (
  run_id           bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  stream           text NOT NULL,
  account_id       smallint NOT NULL REFERENCES pool.accounts,
  puid             bigint NOT NULL DEFAULT -1,
  algo             text NOT NULL DEFAULT '',
  trigger          text NOT NULL,
  started_at       timestamptz NOT NULL DEFAULT sync.now(),
  finished_at      timestamptz,
  outcome          text CHECK (outcome IN ('succeeded', 'partial', 'failed', 'aborted')),
  requests         integer NOT NULL DEFAULT 0,
  rows_read        integer NOT NULL DEFAULT 0,
  rows_inserted    integer NOT NULL DEFAULT 0,
  rows_changed     integer NOT NULL DEFAULT 0,
  rows_unchanged   integer NOT NULL DEFAULT 0,
  rows_withdrawn   integer NOT NULL DEFAULT 0,
  rows_quarantined integer NOT NULL DEFAULT 0,
  error_code       text,
  error_message    text,
  CONSTRAINT runs_outcome_when_finished CHECK ((outcome IS NULL) = (finished_at IS NULL))
);
CREATE INDEX runs_stream_account_id_puid_algo_started_at_idx ON sync.runs (stream, account_id, puid, algo, started_at);
CREATE INDEX runs_started_at_idx ON sync.runs (started_at);
COMMENT ON TABLE sync.runs IS 'One row per sync of a scope. Kept for a limited time.';
COMMENT ON COLUMN sync.runs.run_id IS 'Our number of the run.';
COMMENT ON COLUMN sync.runs.stream IS 'Kind of data: earnings, rewards, workers, …';
COMMENT ON COLUMN sync.runs.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.runs.puid IS 'Sub-account id; -1 where the stream has none.';
COMMENT ON COLUMN sync.runs.algo IS 'Algorithm; empty where the stream has none.';
COMMENT ON COLUMN sync.runs.trigger IS 'What started it, e.g. schedule or command.';
COMMENT ON COLUMN sync.runs.started_at IS 'When it started.';
COMMENT ON COLUMN sync.runs.finished_at IS 'When it finished; null while it runs.';
COMMENT ON COLUMN sync.runs.outcome IS 'succeeded: complete, with proof; partial: rows in quarantine; failed; aborted: stopped on request. Null while it runs.';
COMMENT ON COLUMN sync.runs.requests IS 'Requests sent to the pool.';
COMMENT ON COLUMN sync.runs.rows_read IS 'Rows that the pool served.';
COMMENT ON COLUMN sync.runs.rows_inserted IS 'Rows that were new.';
COMMENT ON COLUMN sync.runs.rows_changed IS 'Rows that differed.';
COMMENT ON COLUMN sync.runs.rows_unchanged IS 'Rows that were verified and did not differ.';
COMMENT ON COLUMN sync.runs.rows_withdrawn IS 'Rows that the pool no longer serves.';
COMMENT ON COLUMN sync.runs.rows_quarantined IS 'Rows that could not be understood.';
COMMENT ON COLUMN sync.runs.error_code IS 'Name of the failure.';
COMMENT ON COLUMN sync.runs.error_message IS 'The failure in one sentence, without secrets.';

-- run_id is no foreign key: runs and certificates are pruned apart.
CREATE TABLE sync.certificates (
  certificate_id   bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  run_id           bigint,
  stream           text NOT NULL,
  account_id       smallint NOT NULL REFERENCES pool.accounts,
  puid             bigint NOT NULL DEFAULT -1,
  algo             text NOT NULL DEFAULT '',
  from_at          timestamptz NOT NULL,
  to_at            timestamptz NOT NULL,
  total_num        integer,
  rows_served      integer NOT NULL,
  rows_landed      integer NOT NULL,
  rows_quarantined integer NOT NULL DEFAULT 0,
  requests         integer NOT NULL,
  content_hash     text NOT NULL,
  observed_at      timestamptz NOT NULL,
  CONSTRAINT certificates_complete CHECK (rows_landed + rows_quarantined = rows_served),
  CONSTRAINT certificates_from_before_to CHECK (from_at < to_at)
);
CREATE INDEX certificates_scope_idx ON sync.certificates (stream, account_id, puid, algo, observed_at);
CREATE INDEX certificates_observed_at_idx ON sync.certificates (observed_at);
COMMENT ON TABLE sync.certificates IS 'Proofs that a window was read completely. Kept for a limited time.';
COMMENT ON COLUMN sync.certificates.certificate_id IS 'Our number of the certificate.';
COMMENT ON COLUMN sync.certificates.run_id IS 'The run that earned it: sync.runs, while that is kept.';
COMMENT ON COLUMN sync.certificates.stream IS 'Kind of data: earnings or rewards.';
COMMENT ON COLUMN sync.certificates.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.certificates.puid IS 'Sub-account id; -1 where the stream has none.';
COMMENT ON COLUMN sync.certificates.algo IS 'Algorithm; empty where the stream has none.';
COMMENT ON COLUMN sync.certificates.from_at IS 'Start of the window, included.';
COMMENT ON COLUMN sync.certificates.to_at IS 'End of the window, not included.';
COMMENT ON COLUMN sync.certificates.total_num IS 'Rows of the query as the server counts them. API: totalNum.';
COMMENT ON COLUMN sync.certificates.rows_served IS 'Rows of the window that were served.';
COMMENT ON COLUMN sync.certificates.rows_landed IS 'Rows among them that are in the table.';
COMMENT ON COLUMN sync.certificates.rows_quarantined IS 'Rows among them that could not be understood.';
COMMENT ON COLUMN sync.certificates.requests IS 'Requests that the proof took.';
COMMENT ON COLUMN sync.certificates.content_hash IS 'Hash of the rows as served, order apart.';
COMMENT ON COLUMN sync.certificates.observed_at IS 'When the pool said so.';

CREATE TABLE sync.quarantined_rows (
  quarantine_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  stream        text NOT NULL,
  account_id    smallint NOT NULL REFERENCES pool.accounts,
  puid          bigint NOT NULL DEFAULT -1,
  algo          text NOT NULL DEFAULT '',
  window_from   timestamptz,
  window_to     timestamptz,
  raw           text NOT NULL,
  raw_hash      text NOT NULL,
  occurrence    integer NOT NULL DEFAULT 0,
  reason        text NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT sync.now(),
  last_seen_at  timestamptz NOT NULL DEFAULT sync.now(),
  accepted_at   timestamptz,
  accepted_note text,
  resolved_at   timestamptz,
  UNIQUE (stream, account_id, puid, algo, raw_hash, occurrence)
);
COMMENT ON TABLE sync.quarantined_rows IS 'Rows that the pool served and nobody could understand, whole, until they are understood or a person accepts them.';
COMMENT ON COLUMN sync.quarantined_rows.quarantine_id IS 'Our number of the row.';
COMMENT ON COLUMN sync.quarantined_rows.stream IS 'Kind of data: earnings, rewards, workers, …';
COMMENT ON COLUMN sync.quarantined_rows.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.quarantined_rows.puid IS 'Sub-account id; -1 where the stream has none.';
COMMENT ON COLUMN sync.quarantined_rows.algo IS 'Algorithm; empty where the stream has none.';
COMMENT ON COLUMN sync.quarantined_rows.window_from IS 'Start of the window in which it was served.';
COMMENT ON COLUMN sync.quarantined_rows.window_to IS 'End of that window.';
COMMENT ON COLUMN sync.quarantined_rows.raw IS 'The row as JSON text, every number digit for digit; of one beyond 16,384 characters the beginning.';
COMMENT ON COLUMN sync.quarantined_rows.raw_hash IS 'SHA-256 of the whole row as it was served, in hex.';
COMMENT ON COLUMN sync.quarantined_rows.occurrence IS 'Numbers equal rows of one scope (0, 1, …).';
COMMENT ON COLUMN sync.quarantined_rows.reason IS 'What was wrong with it, in one sentence.';
COMMENT ON COLUMN sync.quarantined_rows.first_seen_at IS 'When it was first served.';
COMMENT ON COLUMN sync.quarantined_rows.last_seen_at IS 'When it was last served.';
COMMENT ON COLUMN sync.quarantined_rows.accepted_at IS 'When a person accepted it: it no longer makes a run partial.';
COMMENT ON COLUMN sync.quarantined_rows.accepted_note IS 'What that person said.';
COMMENT ON COLUMN sync.quarantined_rows.resolved_at IS 'When it was understood, or no longer served; null while it is open.';

CREATE TABLE sync.closes (
  close_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  month      date NOT NULL CHECK (extract(day FROM month) = 1),
  action     text NOT NULL CHECK (action IN ('close', 'reopen')),
  instant    timestamptz NOT NULL,
  note       text,
  created_at timestamptz NOT NULL DEFAULT sync.now()
);
CREATE INDEX closes_month_close_id_idx ON sync.closes (month, close_id);
CREATE TRIGGER closes_append_only_row BEFORE UPDATE ON sync.closes
  FOR EACH ROW EXECUTE FUNCTION sync.refuse('Closes are only ever added.');
CREATE TRIGGER closes_append_only BEFORE DELETE OR TRUNCATE ON sync.closes
  FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse('Closes are only ever added.');
COMMENT ON TABLE sync.closes IS 'Months closed and reopened, append-only; the last row of a month counts.';
COMMENT ON COLUMN sync.closes.close_id IS 'Our number of the record, in order.';
COMMENT ON COLUMN sync.closes.month IS 'First day of the month.';
COMMENT ON COLUMN sync.closes.action IS 'close or reopen.';
COMMENT ON COLUMN sync.closes.instant IS 'The instant as of which the month was read.';
COMMENT ON COLUMN sync.closes.note IS 'What the person who did it said.';
COMMENT ON COLUMN sync.closes.created_at IS 'When it was recorded.';

CREATE TABLE sync.settings (
  key        text PRIMARY KEY,
  value      jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT sync.now()
);
COMMENT ON TABLE sync.settings IS 'What all processes must agree on, e.g. the queue''s backend.';
COMMENT ON COLUMN sync.settings.key IS 'Name of the setting.';
COMMENT ON COLUMN sync.settings.value IS 'Its value.';
COMMENT ON COLUMN sync.settings.updated_at IS 'When it was last set.';

-- Any process may send an alert's start and its end, and none sends it twice.
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
COMMENT ON COLUMN sync.alerts.kind IS 'What is wrong, as kpool status says it: account-stopped, stream-late, stream-failing, income-differs, rows-quarantined.';
COMMENT ON COLUMN sync.alerts.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.alerts.start_text IS 'What is told when it starts.';
COMMENT ON COLUMN sync.alerts.end_text IS 'What is told when it ends.';
COMMENT ON COLUMN sync.alerts.detail IS 'The figures behind it.';
COMMENT ON COLUMN sync.alerts.first_seen_at IS 'When it was first found wrong.';
COMMENT ON COLUMN sync.alerts.told_at IS 'When its start was told; null: not yet.';
COMMENT ON COLUMN sync.alerts.ended_at IS 'When it was first found well again; null while it is wrong.';
COMMENT ON COLUMN sync.alerts.claimed_until IS 'Until then a process is telling it.';

CREATE TABLE sync.applied_views (
  name       text PRIMARY KEY,
  checksum   text NOT NULL,
  position   integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT sync.now()
);
COMMENT ON TABLE sync.applied_views IS 'The views and functions of prisma/views as they were last applied; kpool migrate applies one again when its text has changed.';
COMMENT ON COLUMN sync.applied_views.name IS 'The view or function.';
COMMENT ON COLUMN sync.applied_views.checksum IS 'SHA-256 of the text that made it, in hex.';
COMMENT ON COLUMN sync.applied_views.position IS 'Its place in the order of dependency: it uses only what stands before it.';
COMMENT ON COLUMN sync.applied_views.applied_at IS 'When that text was applied.';
