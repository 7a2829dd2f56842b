-- The pool gives two kinds of totals: of each sub-account, and of the account. Both are compared with the ledger, each as
-- of the moment at which it was given; and what of the ledger is not certified stands beside the verdict.

CREATE VIEW sync.latest_account_totals AS
WITH RECURSIVE latest AS (
  (SELECT account_id, currency, observed_at, amount
     FROM pool.account_income_samples
    ORDER BY account_id DESC, currency DESC, observed_at DESC LIMIT 1)
   UNION ALL
  SELECT n.account_id, n.currency, n.observed_at, n.amount
    FROM latest l
   CROSS JOIN LATERAL (
     SELECT * FROM pool.account_income_samples
      WHERE (account_id, currency) < (l.account_id, l.currency)
      ORDER BY account_id DESC, currency DESC, observed_at DESC LIMIT 1) AS n
)
SELECT account_id, currency, observed_at, amount, scale(trim_scale(amount)) AS digits FROM latest;
COMMENT ON VIEW sync.latest_account_totals IS 'What the pool last said that each account has earned altogether, by currency.';
COMMENT ON COLUMN sync.latest_account_totals.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.latest_account_totals.currency IS 'Currency of the total.';
COMMENT ON COLUMN sync.latest_account_totals.observed_at IS 'When the pool said so.';
COMMENT ON COLUMN sync.latest_account_totals.amount IS 'The total.';
COMMENT ON COLUMN sync.latest_account_totals.digits IS 'Decimals that the pool gives in it.';

CREATE VIEW sync.uncertified AS
WITH spans AS (
  SELECT w.stream, w.account_id, w.puid, w.algo, w.from_at, w.to_at, w.quarantined_count AS excepted
    FROM sync.windows w WHERE w.verified_at IS NULL OR w.quarantined_count > 0
   UNION ALL
  -- Between two windows, and before the oldest one: only where a history is not complete.
  SELECT stream, account_id, puid, algo, gap_from, from_at, 0
    FROM (SELECT w.stream, w.account_id, w.puid, w.algo, w.from_at, g.is_first,
                 CASE WHEN g.is_first THEN '-infinity' ELSE g.last_to END AS gap_from
            FROM sync.cursors c
            JOIN sync.windows w USING (stream, account_id, puid, algo)
           CROSS JOIN LATERAL (
             SELECT max(e.to_at) AS last_to, count(*) = 0 AS is_first FROM sync.windows e
              WHERE e.stream = w.stream AND e.account_id = w.account_id AND e.puid = w.puid AND e.algo = w.algo
                AND e.from_at < w.from_at) AS g
           WHERE c.stream IN ('earnings', 'rewards') AND NOT c.history_complete) AS w
   WHERE gap_from < from_at
     -- A history that is read but for a window in its middle is not open at its start.
     AND (NOT is_first OR NOT EXISTS (SELECT FROM sync.windows u WHERE u.stream = w.stream AND u.account_id = w.account_id
                                         AND u.puid = w.puid AND u.algo = w.algo AND u.verified_at IS NULL))
   UNION ALL
  SELECT l.stream, s.account_id, s.puid, s.default_algo, '-infinity', 'infinity', 0
    FROM pool.sub_accounts s CROSS JOIN (VALUES ('earnings'), ('rewards')) AS l (stream)
   WHERE s.removed_at IS NULL AND s.default_algo <> ''
     AND NOT EXISTS (SELECT FROM sync.windows w WHERE w.stream = l.stream AND w.account_id = s.account_id
                        AND w.puid = s.puid AND w.algo = s.default_algo)
)
SELECT stream, account_id, puid, algo, from_at, to_at,
       stream || ' ' || algo
         || CASE WHEN from_at > '-infinity' THEN ' from ' || (from_at AT TIME ZONE 'UTC')::date ELSE '' END
         || CASE WHEN to_at < 'infinity' THEN ' to ' || ((to_at - interval '1 microsecond') AT TIME ZONE 'UTC')::date ELSE '' END
         || CASE WHEN from_at = '-infinity' AND to_at = 'infinity' THEN ' altogether' ELSE '' END
         || CASE WHEN excepted > 0 THEN ' but for ' || excepted || ' row(s)' ELSE '' END AS span
  FROM spans;
COMMENT ON VIEW sync.uncertified IS 'Spans of mining time of which it is not proven that the ledger holds all that the pool serves.';
COMMENT ON COLUMN sync.uncertified.stream IS 'The list of income: earnings or rewards.';
COMMENT ON COLUMN sync.uncertified.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.uncertified.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.uncertified.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.uncertified.from_at IS 'Start of the span; -infinity: from the beginning.';
COMMENT ON COLUMN sync.uncertified.to_at IS 'End of the span, not included; infinity: open.';
COMMENT ON COLUMN sync.uncertified.span IS 'The span in words, its days included and in UTC.';

CREATE VIEW sync.compared_totals AS
WITH totals AS MATERIALIZED (
  SELECT 'sub-account' AS level, account_id, puid, currency, observed_at, amount, digits FROM sync.latest_sub_account_totals
   UNION ALL
  SELECT 'account', account_id, NULL, currency, observed_at, amount, digits FROM sync.latest_account_totals
), asked AS MATERIALIZED (
  -- An account's total is compared sub-account by sub-account, and added up below.
  SELECT t.level, t.account_id, s.puid, t.currency, t.observed_at
    FROM totals t JOIN pool.sub_accounts s ON s.account_id = t.account_id AND (t.puid IS NULL OR s.puid = t.puid)
), known AS MATERIALIZED (
  SELECT account_id, puid, currency,
         sum(earnings_settled) AS es, sum(earnings_pending) AS ep, sum(earnings_other) AS eo, sum(rewards_settled) AS rs, sum(rewards_pending) AS rp, sum(rewards_other) AS ro, sum(left_out_settled) AS ls, sum(left_out_pending) AS lp, sum(left_out_other) AS lo
    FROM sync.income_months GROUP BY account_id, puid, currency
), moved AS MATERIALIZED (
  -- Days of which we learned something after the pool gave its total: few, and only they have to be read as of then.
  SELECT l.level, l.account_id, l.puid, d.algo, l.currency, d.mining_date, l.observed_at
    FROM asked l
   CROSS JOIN LATERAL (
     SELECT algo, mining_date FROM pool.earning_revisions r
      WHERE r.account_id = l.account_id AND r.puid = l.puid AND r.currency = l.currency AND r.valid_from > l.observed_at
      UNION
     SELECT algo, mining_date FROM pool.reward_revisions r
      WHERE r.account_id = l.account_id AND r.puid = l.puid AND r.currency = l.currency AND r.valid_from > l.observed_at) AS d
), moved_now AS (
  -- Here and below, sums within the lateral part keep it a look-up of the day, not a join with all days.
  SELECT m.level, m.account_id, m.puid, m.currency,
         -sum(d.es) AS es, -sum(d.ep) AS ep, -sum(d.eo) AS eo, -sum(d.rs) AS rs, -sum(d.rp) AS rp, -sum(d.ro) AS ro, -sum(d.ls) AS ls, -sum(d.lp) AS lp, -sum(d.lo) AS lo
    FROM moved m
   CROSS JOIN LATERAL (
     SELECT sum(earnings_settled) AS es, sum(earnings_pending) AS ep, sum(earnings_other) AS eo,
            sum(rewards_settled) AS rs, sum(rewards_pending) AS rp, sum(rewards_other) AS ro,
            sum(left_out_settled) AS ls, sum(left_out_pending) AS lp, sum(left_out_other) AS lo
       FROM sync.income_days i
      WHERE i.account_id = m.account_id AND i.puid = m.puid AND i.algo = m.algo AND i.currency = m.currency
        AND i.mining_date = m.mining_date) AS d
   GROUP BY m.level, m.account_id, m.puid, m.currency
), moved_then AS (
  SELECT m.level, m.account_id, m.puid, m.currency,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status = 'SETTLED') AS es,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status = 'WAIT_SETTLE') AS ep,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS eo,
         sum(i.amount) FILTER (WHERE i.source = 'rewards' AND i.status = 'SETTLED') AS rs,
         sum(i.amount) FILTER (WHERE i.source = 'rewards' AND i.status = 'WAIT_SETTLE') AS rp,
         sum(i.amount) FILTER (WHERE i.source = 'rewards' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS ro,
         sum(i.amount) FILTER (WHERE i.source = 'left out' AND i.status = 'SETTLED') AS ls,
         sum(i.amount) FILTER (WHERE i.source = 'left out' AND i.status = 'WAIT_SETTLE') AS lp,
         sum(i.amount) FILTER (WHERE i.source = 'left out' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS lo
    FROM moved m
   CROSS JOIN LATERAL (
     WITH earned AS (
       SELECT e.amount, e.status
         FROM pool.earning_revisions e
        WHERE e.account_id = m.account_id AND e.puid = m.puid AND e.algo = m.algo AND e.currency = m.currency
          AND e.mined_at >= m.mining_date::timestamp AT TIME ZONE 'UTC'
          AND e.mined_at < (m.mining_date + 1)::timestamp AT TIME ZONE 'UTC'
          AND e.valid_from <= m.observed_at AND (e.valid_to IS NULL OR e.valid_to > m.observed_at) AND e.withdrawn_at IS NULL
     )
     SELECT amount, status, 'earnings' AS source FROM earned
      UNION ALL
     SELECT r.amount, r.status,
            CASE WHEN r.type IN ('MINING_EARN', 'UNITE_COIN_EARN') AND EXISTS (SELECT FROM earned) THEN 'left out' ELSE 'rewards' END
       FROM pool.reward_revisions r
      WHERE r.account_id = m.account_id AND r.puid = m.puid AND r.algo = m.algo AND r.currency = m.currency
        AND r.mined_at >= m.mining_date::timestamp AT TIME ZONE 'UTC'
        AND r.mined_at < (m.mining_date + 1)::timestamp AT TIME ZONE 'UTC'
        AND r.valid_from <= m.observed_at AND (r.valid_to IS NULL OR r.valid_to > m.observed_at) AND r.withdrawn_at IS NULL) AS i
   GROUP BY m.level, m.account_id, m.puid, m.currency
), learned AS (
  -- The same days as we know them now, but only what was settled by then: the pool may have settled it shortly
  -- before it gave the total, and told us of it in a list shortly afterwards.
  SELECT m.level, m.account_id, m.puid, m.currency, sum(i.amount) AS settled
    FROM moved m
   CROSS JOIN LATERAL (
     SELECT sum(l.amount) AS amount FROM report.income_ledger l
      WHERE l.account_id = m.account_id AND l.puid = m.puid AND l.algo = m.algo AND l.currency = m.currency
        AND l.mined_at >= m.mining_date::timestamp AT TIME ZONE 'UTC'
        AND l.mined_at < (m.mining_date + 1)::timestamp AT TIME ZONE 'UTC'
        AND l.status = 'SETTLED' AND l.settled_at <= m.observed_at) AS i
   GROUP BY m.level, m.account_id, m.puid, m.currency
), parts AS (
  SELECT v.level, k.account_id, k.puid, k.currency, k.es, k.ep, k.eo, k.rs, k.rp, k.ro, k.ls, k.lp, k.lo, k.es + k.rs AS later
    FROM known k CROSS JOIN (VALUES ('account'), ('sub-account')) AS v (level)
   UNION ALL
  SELECT level, account_id, puid, currency, es, ep, eo, rs, rp, ro, ls, lp, lo, es + rs FROM moved_now
   UNION ALL
  SELECT level, account_id, puid, currency, coalesce(es, 0), coalesce(ep, 0), coalesce(eo, 0), coalesce(rs, 0), coalesce(rp, 0), coalesce(ro, 0), coalesce(ls, 0), coalesce(lp, 0), coalesce(lo, 0), 0 FROM moved_then
   UNION ALL
  SELECT level, account_id, puid, currency, 0, 0, 0, 0, 0, 0, 0, 0, 0, settled FROM learned
), ledger AS (
  SELECT level, account_id, CASE level WHEN 'sub-account' THEN puid END AS puid, currency,
         sum(es) AS earnings_settled, sum(ep) AS earnings_pending, sum(eo) AS earnings_other, sum(rs) AS rewards_settled, sum(rp) AS rewards_pending, sum(ro) AS rewards_other, sum(ls) AS left_out_settled, sum(lp) AS left_out_pending, sum(lo) AS left_out_other,
         sum(later) AS settled_later
    FROM parts GROUP BY 1, 2, 3, 4
), beside AS (
  SELECT level, account_id, coalesce(t.puid, l.puid) AS puid, currency, t.observed_at, t.amount AS pool_total, t.digits,
         coalesce(l.earnings_settled, 0) AS earnings_settled, coalesce(l.earnings_pending, 0) AS earnings_pending, coalesce(l.earnings_other, 0) AS earnings_other, coalesce(l.rewards_settled, 0) AS rewards_settled, coalesce(l.rewards_pending, 0) AS rewards_pending, coalesce(l.rewards_other, 0) AS rewards_other, coalesce(l.left_out_settled, 0) AS left_out_settled, coalesce(l.left_out_pending, 0) AS left_out_pending, coalesce(l.left_out_other, 0) AS left_out_other,
         coalesce(l.settled_later, 0) AS settled_later
    FROM (SELECT *, coalesce(puid, -1) AS place FROM totals) AS t
    FULL JOIN (SELECT *, coalesce(puid, -1) AS place FROM ledger) AS l USING (level, account_id, place, currency)
)
SELECT b.*, d.definition, d.amount, d.rank
  FROM beside b
  LEFT JOIN LATERAL (
      SELECT v.definition, v.amount,
             CASE WHEN v.amount = b.pool_total THEN 1
                  -- Rounded or cut off. A total without decimals says too little to call it a match.
                  WHEN b.digits >= 2 AND b.pool_total IN (round(v.amount, b.digits), trunc(v.amount, b.digits)) THEN 2
                  ELSE 3 END AS rank
        FROM (VALUES
          (1, 'settled', b.earnings_settled + b.rewards_settled),
          (2, 'settled, of which we learned later', b.settled_later),
          (3, 'settled and pending', b.earnings_settled + b.rewards_settled + b.earnings_pending + b.rewards_pending
                                     + b.earnings_other + b.rewards_other),
          (4, 'earnings, settled', b.earnings_settled),
          (5, 'earnings, settled and pending', b.earnings_settled + b.earnings_pending + b.earnings_other),
          (6, 'rewards, settled', b.rewards_settled + b.left_out_settled),
          (7, 'rewards, settled and pending', b.rewards_settled + b.left_out_settled + b.rewards_pending
                                              + b.left_out_pending + b.rewards_other + b.left_out_other)
        ) AS v (position, definition, amount)
       -- One list alone that holds nothing would match any total of 0.
       WHERE v.position <= 3 OR v.amount <> 0
       ORDER BY rank, v.position LIMIT 1) AS d ON b.pool_total IS NOT NULL;
COMMENT ON VIEW sync.compared_totals IS 'The latest totals of the pool, each beside the ledger as we knew it when the total was given, with the definition that comes closest. Read report.reconciliation and report.account_reconciliation instead.';
COMMENT ON COLUMN sync.compared_totals.level IS 'sub-account or account.';
COMMENT ON COLUMN sync.compared_totals.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.compared_totals.puid IS 'Sub-account id; null for an account.';
COMMENT ON COLUMN sync.compared_totals.currency IS 'Currency of the amounts.';
COMMENT ON COLUMN sync.compared_totals.observed_at IS 'When the pool gave its total; null: it gave none.';
COMMENT ON COLUMN sync.compared_totals.pool_total IS 'The total.';
COMMENT ON COLUMN sync.compared_totals.digits IS 'Decimals that the pool gives in totals of this currency.';
COMMENT ON COLUMN sync.compared_totals.earnings_settled IS 'Earnings, settled.';
COMMENT ON COLUMN sync.compared_totals.earnings_pending IS 'Earnings, pending.';
COMMENT ON COLUMN sync.compared_totals.earnings_other IS 'Earnings with an unknown status.';
COMMENT ON COLUMN sync.compared_totals.rewards_settled IS 'Rewards that count as income, settled.';
COMMENT ON COLUMN sync.compared_totals.rewards_pending IS 'Rewards that count as income, pending.';
COMMENT ON COLUMN sync.compared_totals.rewards_other IS 'Rewards that count as income, with an unknown status.';
COMMENT ON COLUMN sync.compared_totals.left_out_settled IS 'Rewards that earnings already hold, settled.';
COMMENT ON COLUMN sync.compared_totals.left_out_pending IS 'The same, pending.';
COMMENT ON COLUMN sync.compared_totals.left_out_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN sync.compared_totals.settled_later IS 'Settled income that we know of by now, of what the pool had settled when it gave the total.';
COMMENT ON COLUMN sync.compared_totals.definition IS 'What the total was compared with.';
COMMENT ON COLUMN sync.compared_totals.amount IS 'What that comes to.';
COMMENT ON COLUMN sync.compared_totals.rank IS '1: equal; 2: equal to the digits that the pool gives; 3: neither.';

CREATE OR REPLACE VIEW report.reconciliation AS
WITH unread AS (
  SELECT DISTINCT s.account_id, s.puid, 'the ledger of this sub-account has not been read whole yet' AS why
    FROM pool.sub_accounts s
   WHERE NOT EXISTS (SELECT FROM sync.cursors c
                      WHERE c.account_id = s.account_id AND c.puid = s.puid AND c.stream IN ('earnings', 'rewards'))
      OR EXISTS (SELECT FROM sync.cursors c
                  WHERE c.account_id = s.account_id AND c.puid = s.puid AND c.stream IN ('earnings', 'rewards')
                    AND NOT c.history_complete)
), quarantined AS (
  SELECT DISTINCT account_id, puid, 'rows of this sub-account are in quarantine' AS why
    FROM sync.quarantined_rows WHERE stream IN ('earnings', 'rewards') AND resolved_at IS NULL
), uncertified AS (
  SELECT account_id, puid, string_agg(span, '; ' ORDER BY position) FILTER (WHERE position <= 5)
           || CASE WHEN count(*) > 5 THEN '; and ' || count(*) - 5 || ' more (report.completeness)' ELSE '' END AS spans
    FROM (SELECT u.account_id, u.puid, u.span,
                 row_number() OVER (PARTITION BY u.account_id, u.puid ORDER BY u.stream, u.algo, u.from_at) AS position
            FROM sync.uncertified u) AS numbered
   GROUP BY account_id, puid
)
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, j.puid, j.currency, j.observed_at,
       j.pool_total, trim_scale(j.pool_total)::text AS pool_total_text,
       j.earnings_settled + j.rewards_settled AS ledger_settled,
       trim_scale(j.earnings_settled + j.rewards_settled)::text AS ledger_settled_text,
       j.earnings_pending + j.rewards_pending AS ledger_pending,
       trim_scale(j.earnings_pending + j.rewards_pending)::text AS ledger_pending_text,
       j.earnings_other + j.rewards_other AS ledger_other,
       CASE v.verdict WHEN 'matches' THEN 0 ELSE j.pool_total - CASE v.verdict WHEN 'matches to the pool''s digits' THEN j.amount ELSE j.earnings_settled + j.rewards_settled END END AS difference,
       CASE v.verdict WHEN 'matches' THEN '0' ELSE trim_scale(j.pool_total - CASE v.verdict WHEN 'matches to the pool''s digits' THEN j.amount ELSE j.earnings_settled + j.rewards_settled END)::text END AS difference_text,
       v.verdict,
       CASE WHEN j.rank < 3 THEN j.definition END AS definition,
       CASE WHEN v.verdict = 'not comparable' THEN
         CASE WHEN j.pool_total IS NULL THEN 'the pool has not given a total' ELSE coalesce(u.why, q.why) END END AS reason,
       j.digits AS pool_digits,
       j.earnings_settled, j.earnings_pending, j.earnings_other,
       j.rewards_settled, j.rewards_pending, j.rewards_other,
       j.left_out_settled, j.left_out_pending, j.left_out_other,
       j.account_id, c.spans AS uncertified
  FROM sync.compared_totals j
  JOIN pool.sub_accounts s ON s.account_id = j.account_id AND s.puid = j.puid
  JOIN pool.accounts a ON a.account_id = j.account_id
  LEFT JOIN unread u ON u.account_id = j.account_id AND u.puid = j.puid
  LEFT JOIN quarantined q ON q.account_id = j.account_id AND q.puid = j.puid
  LEFT JOIN uncertified c ON c.account_id = j.account_id AND c.puid = j.puid
 CROSS JOIN LATERAL (
   SELECT CASE WHEN j.rank = 1 THEN 'matches'
               WHEN j.rank = 2 THEN 'matches to the pool''s digits'
               WHEN j.pool_total IS NULL THEN 'not comparable'
               WHEN u.why IS NOT NULL OR q.why IS NOT NULL THEN 'not comparable'
               ELSE 'differs' END AS verdict) AS v
 WHERE j.level = 'sub-account';
COMMENT ON COLUMN report.reconciliation.uncertified IS 'Days of which it is not proven that the ledger holds all that the pool serves, by list and algorithm; null: all are certified. See report.completeness.';

CREATE OR REPLACE VIEW report.account_reconciliation AS
WITH unread AS (
  SELECT DISTINCT s.account_id, 'the ledger of a sub-account has not been read whole yet' AS why
    FROM pool.sub_accounts s
   WHERE NOT EXISTS (SELECT FROM sync.cursors c
                      WHERE c.account_id = s.account_id AND c.puid = s.puid AND c.stream IN ('earnings', 'rewards'))
      OR EXISTS (SELECT FROM sync.cursors c
                  WHERE c.account_id = s.account_id AND c.puid = s.puid AND c.stream IN ('earnings', 'rewards')
                    AND NOT c.history_complete)
), quarantined AS (
  SELECT DISTINCT account_id, 'rows of a sub-account are in quarantine' AS why
    FROM sync.quarantined_rows WHERE stream IN ('earnings', 'rewards') AND resolved_at IS NULL
), uncertified AS (
  SELECT account_id, string_agg(span, '; ' ORDER BY position) FILTER (WHERE position <= 5)
           || CASE WHEN count(*) > 5 THEN '; and ' || count(*) - 5 || ' more (report.completeness)' ELSE '' END AS spans
    FROM (SELECT u.account_id, coalesce(nullif(s.pname, ''), s.puid::text) || ': ' || u.span AS span,
                 row_number() OVER (PARTITION BY u.account_id ORDER BY u.puid, u.stream, u.algo, u.from_at) AS position
            FROM sync.uncertified u JOIN pool.sub_accounts s ON s.account_id = u.account_id AND s.puid = u.puid) AS numbered
   GROUP BY account_id
)
SELECT a.account_name, j.currency, j.observed_at,
       j.pool_total, trim_scale(j.pool_total)::text AS pool_total_text,
       j.earnings_settled + j.rewards_settled AS ledger_settled,
       trim_scale(j.earnings_settled + j.rewards_settled)::text AS ledger_settled_text,
       j.earnings_pending + j.rewards_pending AS ledger_pending,
       trim_scale(j.earnings_pending + j.rewards_pending)::text AS ledger_pending_text,
       j.earnings_other + j.rewards_other AS ledger_other,
       CASE v.verdict WHEN 'matches' THEN 0 ELSE j.pool_total - CASE v.verdict WHEN 'matches to the pool''s digits' THEN j.amount ELSE j.earnings_settled + j.rewards_settled END END AS difference,
       CASE v.verdict WHEN 'matches' THEN '0' ELSE trim_scale(j.pool_total - CASE v.verdict WHEN 'matches to the pool''s digits' THEN j.amount ELSE j.earnings_settled + j.rewards_settled END)::text END AS difference_text,
       v.verdict,
       CASE WHEN j.rank < 3 THEN j.definition END AS definition,
       CASE WHEN v.verdict = 'not comparable' THEN
         CASE WHEN j.pool_total IS NULL THEN 'the pool has not given a total' ELSE coalesce(u.why, q.why) END END AS reason,
       j.digits AS pool_digits,
       j.earnings_settled, j.earnings_pending, j.earnings_other,
       j.rewards_settled, j.rewards_pending, j.rewards_other,
       j.left_out_settled, j.left_out_pending, j.left_out_other,
       j.account_id, c.spans AS uncertified
  FROM sync.compared_totals j
  JOIN pool.accounts a ON a.account_id = j.account_id
  LEFT JOIN unread u ON u.account_id = j.account_id
  LEFT JOIN quarantined q ON q.account_id = j.account_id
  LEFT JOIN uncertified c ON c.account_id = j.account_id
 CROSS JOIN LATERAL (
   SELECT CASE WHEN j.rank = 1 THEN 'matches'
               WHEN j.rank = 2 THEN 'matches to the pool''s digits'
               WHEN j.pool_total IS NULL THEN 'not comparable'
               WHEN u.why IS NOT NULL OR q.why IS NOT NULL THEN 'not comparable'
               ELSE 'differs' END AS verdict) AS v
 WHERE j.level = 'account';
COMMENT ON VIEW report.account_reconciliation IS 'The ledger against the pool''s own totals, per account and currency, all its sub-accounts together: what we knew at the moment at which the pool gave the total, by list and status, and whether the two agree.';
COMMENT ON COLUMN report.account_reconciliation.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.account_reconciliation.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.account_reconciliation.observed_at IS 'When the pool gave its total; the ledger is shown as of then. Null: no total, and the ledger is shown as of now.';
COMMENT ON COLUMN report.account_reconciliation.pool_total IS 'Accumulated income as the pool totals it. API: user/earn.';
COMMENT ON COLUMN report.account_reconciliation.pool_total_text IS 'The total as text, digit for digit.';
COMMENT ON COLUMN report.account_reconciliation.ledger_settled IS 'Income of report.income_ledger that was settled.';
COMMENT ON COLUMN report.account_reconciliation.ledger_settled_text IS 'The same as text.';
COMMENT ON COLUMN report.account_reconciliation.ledger_pending IS 'Income that was pending.';
COMMENT ON COLUMN report.account_reconciliation.ledger_pending_text IS 'The same as text.';
COMMENT ON COLUMN report.account_reconciliation.ledger_other IS 'Income with a status that this program does not know.';
COMMENT ON COLUMN report.account_reconciliation.difference IS 'pool_total - what it was compared with: the definition that matched, else ledger_settled. 0 when it matches.';
COMMENT ON COLUMN report.account_reconciliation.difference_text IS 'The difference as text, digit for digit.';
COMMENT ON COLUMN report.account_reconciliation.verdict IS 'matches; matches to the pool''s digits: equal once the ledger is rounded or cut to the decimals that the pool gives; differs; not comparable: see reason.';
COMMENT ON COLUMN report.account_reconciliation.definition IS 'What the pool counts, as far as the match shows: settled; settled, of which we learned later (settled by then, listed to us afterwards); settled and pending; or one list alone. Null when nothing matched.';
COMMENT ON COLUMN report.account_reconciliation.reason IS 'Why it is not comparable; null when it is.';
COMMENT ON COLUMN report.account_reconciliation.pool_digits IS 'Decimals that the pool gives in totals of this currency.';
COMMENT ON COLUMN report.account_reconciliation.earnings_settled IS 'Earnings, settled.';
COMMENT ON COLUMN report.account_reconciliation.earnings_pending IS 'Earnings, pending.';
COMMENT ON COLUMN report.account_reconciliation.earnings_other IS 'Earnings with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.rewards_settled IS 'Rewards that count as income, settled.';
COMMENT ON COLUMN report.account_reconciliation.rewards_pending IS 'Rewards that count as income, pending.';
COMMENT ON COLUMN report.account_reconciliation.rewards_other IS 'Rewards that count as income, with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.left_out_settled IS 'Rewards that earnings already hold (report.income_overlap), settled.';
COMMENT ON COLUMN report.account_reconciliation.left_out_pending IS 'The same, pending.';
COMMENT ON COLUMN report.account_reconciliation.left_out_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.account_reconciliation.uncertified IS 'Days of which it is not proven that the ledger holds all that the pool serves, by sub-account, list and algorithm; null: all are certified. See report.completeness.';
