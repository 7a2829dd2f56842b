CREATE OR REPLACE VIEW sync.judged_totals AS
WITH lists AS (
  SELECT s.account_id, s.puid,
         NOT EXISTS (SELECT FROM sync.cursors c WHERE c.puid = s.puid AND c.stream IN ('earnings', 'rewards'))
         OR EXISTS (SELECT FROM sync.cursors c
                     WHERE c.puid = s.puid AND c.stream IN ('earnings', 'rewards') AND NOT c.history_complete) AS is_unread,
         EXISTS (SELECT FROM sync.quarantined_rows q
                  WHERE q.puid = s.puid AND q.stream IN ('earnings', 'rewards') AND q.resolved_at IS NULL) AS is_quarantined
    FROM pool.sub_accounts s
), spans AS (
  SELECT v.level, v.account_id, v.place,
         string_agg(v.span, '; ' ORDER BY v.position) FILTER (WHERE v.position <= 5)
           || CASE WHEN count(*) > 5 THEN '; and ' || count(*) - 5 || ' more (report.completeness)' ELSE '' END AS spans
    FROM (SELECT l.level, a.account_id, l.place, l.span,
                 row_number() OVER (PARTITION BY l.level, a.account_id, l.place ORDER BY u.puid, u.stream, u.algo, u.from_at) AS position
            FROM sync.uncertified u
            JOIN report.sub_accounts a ON a.puid = u.puid
           CROSS JOIN LATERAL (VALUES ('sub-account', u.puid, u.span),
                                      ('account', -1, a.sub_account || ': ' || u.span)) AS l (level, place, span)) AS v
   GROUP BY v.level, v.account_id, v.place
), places AS (
  SELECT 'sub-account' AS level, a.account_id, a.account_name, a.puid AS place, a.sub_account,
         CASE WHEN l.is_unread THEN 'the ledger of this sub-account has not been read whole yet'
              WHEN l.is_quarantined THEN 'rows of this sub-account are in quarantine' END AS why
    FROM lists l JOIN report.sub_accounts a ON a.puid = l.puid
   UNION ALL
  SELECT 'account', a.account_id, a.account_name, -1, NULL,
         CASE WHEN bool_or(l.is_unread) THEN 'the ledger of a sub-account has not been read whole yet'
              WHEN bool_or(l.is_quarantined) THEN 'rows of a sub-account are in quarantine' END
    FROM pool.accounts a LEFT JOIN lists l ON l.account_id = a.account_id
   GROUP BY a.account_id, a.account_name
)
SELECT j.level, p.account_name, p.sub_account, j.puid, j.currency, j.observed_at,
       j.pool_total, j.earnings_settled + j.rewards_settled - j.same_settled AS ledger_settled,
       j.earnings_pending + j.rewards_pending - j.same_pending AS ledger_pending,
       j.earnings_other + j.rewards_other - j.same_other AS ledger_other,
       j.pool_total - j.amount AS difference, v.verdict,
       CASE WHEN j.rank < 3 THEN j.definition END AS definition,
       CASE WHEN v.verdict = 'not comparable' THEN
         CASE WHEN j.pool_total IS NULL THEN 'the pool has not given a total' ELSE p.why END
            WHEN v.verdict = 'differs' THEN
         CASE WHEN EXISTS (SELECT FROM sync.hidden_coins h WHERE h.account_id = j.account_id AND h.currency = j.currency)
              THEN 'the pool totals this coin and its lists show too few rows of it, or none, even when asked by name'
              WHEN j.proven_since IS NOT NULL THEN 'compared with ' || j.definition || ', which the pool''s totals of the account have counted since ' || (j.proven_since AT TIME ZONE 'UTC')::date || coalesce('; all of them now fit ' || j.rivals, '')
              WHEN j.fitting > 0 THEN 'compared with ' || j.definition || ', which fits ' || j.fitting || ' of ' || j.totals || ' totals of the account'
              ELSE 'no definition fits any total of the account; compared with ' || j.definition END END AS reason,
       j.digits AS pool_digits,
       j.earnings_settled, j.earnings_pending, j.earnings_other,
       j.rewards_settled - j.same_settled AS rewards_settled, j.rewards_pending - j.same_pending AS rewards_pending,
       j.rewards_other - j.same_other AS rewards_other, j.left_out_settled + j.same_settled AS left_out_settled,
       j.left_out_pending + j.same_pending AS left_out_pending, j.left_out_other + j.same_other AS left_out_other,
       j.account_id, c.spans AS uncertified, CASE WHEN j.rank < 3 THEN j.rivals END AS also_fits, j.proven_since
  FROM sync.compared_totals j
  JOIN places p ON p.level = j.level AND p.account_id = j.account_id AND p.place = coalesce(j.puid, -1)
  LEFT JOIN spans c ON c.level = j.level AND c.account_id = j.account_id AND c.place = coalesce(j.puid, -1)
 CROSS JOIN LATERAL (
   SELECT CASE WHEN j.rank = 1 THEN 'matches'
               WHEN j.rank = 2 THEN 'matches to the pool''s digits'
               WHEN j.pool_total IS NULL THEN 'not comparable'
               WHEN p.why IS NOT NULL THEN 'not comparable'
               ELSE 'differs' END AS verdict) AS v;

COMMENT ON VIEW sync.judged_totals IS 'The pool''s totals of accounts and sub-accounts compared with the ledger, with verdicts. Use report.reconciliation and report.account_reconciliation instead.';
COMMENT ON COLUMN sync.judged_totals.level IS 'account, or sub-account.';
COMMENT ON COLUMN sync.judged_totals.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN sync.judged_totals.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN sync.judged_totals.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.judged_totals.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN sync.judged_totals.observed_at IS 'When the pool reported its total; the ledger is shown as of then. Null: no total, and the ledger is shown as of now.';
COMMENT ON COLUMN sync.judged_totals.pool_total IS 'The pool''s total of accumulated income. API: sub-user/earn, amount.';
COMMENT ON COLUMN sync.judged_totals.ledger_settled IS 'Settled income of report.income_ledger.';
COMMENT ON COLUMN sync.judged_totals.ledger_pending IS 'Pending income.';
COMMENT ON COLUMN sync.judged_totals.ledger_other IS 'Income with an unknown status.';
COMMENT ON COLUMN sync.judged_totals.difference IS 'pool_total minus the ledger by the definition that fits the most totals of the account; 0 if it matches.';
COMMENT ON COLUMN sync.judged_totals.verdict IS 'matches; matches to the pool''s digits: equal after rounding or cutting the ledger to the pool''s decimals; differs; not comparable: see reason.';
COMMENT ON COLUMN sync.judged_totals.definition IS 'What the pool''s total counts, inferred from the match: settled; settled, including items listed later that were settled by then; settled and pending; merged mining inside earnings; one list only; earnings and all rewards; or any of these without, or with only, certain types of rewards. All totals of an account share one definition; null if this total does not fit it.';
COMMENT ON COLUMN sync.judged_totals.reason IS 'Why it is not comparable, or what it differs from; null if it matches.';
COMMENT ON COLUMN sync.judged_totals.pool_digits IS 'Number of decimals in the pool''s totals of this currency.';
COMMENT ON COLUMN sync.judged_totals.earnings_settled IS 'Earnings, settled.';
COMMENT ON COLUMN sync.judged_totals.earnings_pending IS 'Earnings, pending.';
COMMENT ON COLUMN sync.judged_totals.earnings_other IS 'Earnings with an unknown status.';
COMMENT ON COLUMN sync.judged_totals.rewards_settled IS 'Rewards that count as income, settled.';
COMMENT ON COLUMN sync.judged_totals.rewards_pending IS 'Rewards that count as income, pending.';
COMMENT ON COLUMN sync.judged_totals.rewards_other IS 'Rewards that count as income, with an unknown status.';
COMMENT ON COLUMN sync.judged_totals.left_out_settled IS 'Settled rewards that duplicate earnings (report.income_overlap) and are left out.';
COMMENT ON COLUMN sync.judged_totals.left_out_pending IS 'The same, pending.';
COMMENT ON COLUMN sync.judged_totals.left_out_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN sync.judged_totals.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN sync.judged_totals.uncertified IS 'Days for which the ledger is not certified to contain everything the pool serves, by list and algorithm; null: all are certified. See report.completeness.';
COMMENT ON COLUMN sync.judged_totals.also_fits IS 'Other definitions that fit all totals of the account; null if none does.';
COMMENT ON COLUMN sync.judged_totals.proven_since IS 'When the definition of the account''s totals was proven; null: not proven.';
