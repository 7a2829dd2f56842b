CREATE OR REPLACE VIEW report.changes AS
SELECT a.account_name, a.sub_account, r.puid, r.algo, r.currency, r.stream, r.type, r.mining_date, r.mined_at, r.ordinal,
       r.change, r.valid_from AS known_at,
       CASE WHEN b.withdrawn_at IS NULL THEN b.amount END AS amount_before,
       CASE WHEN r.withdrawn_at IS NULL THEN r.amount END AS amount_after,
       CASE WHEN b.withdrawn_at IS NULL THEN trim_scale(b.amount)::text END AS amount_before_text,
       CASE WHEN r.withdrawn_at IS NULL THEN trim_scale(r.amount)::text END AS amount_after_text,
       b.status AS status_before, r.status AS status_after, b.settled_at AS settled_at_before, r.settled_at AS settled_at_after,
       a.account_id,
       sync.income_row_id(a.account_name, r.puid, r.algo, r.currency, r.stream, r.type, r.mined_at, r.ordinal) AS row_id
  FROM (SELECT 'earnings'::text AS stream, NULL::text AS type, puid, algo, currency, mining_date, mined_at, ordinal, change, valid_from,
               amount, status, settled_at, withdrawn_at
          FROM pool.earning_revisions
         UNION ALL
        SELECT 'rewards', type, puid, algo, currency, mining_date, mined_at, ordinal, change, valid_from,
               amount, status, settled_at, withdrawn_at
          FROM pool.reward_revisions) AS r
  JOIN report.sub_accounts a ON a.puid = r.puid
  -- The state before is the revision that ended when this one began. LATERAL: a query for the newest changes looks up only
  -- theirs.
  LEFT JOIN LATERAL (
    SELECT e.amount, e.status, e.settled_at, e.withdrawn_at FROM pool.earning_revisions e
     WHERE r.stream = 'earnings' AND r.change <> 'appeared' AND e.puid = r.puid AND e.algo = r.algo AND e.currency = r.currency
       AND e.mined_at = r.mined_at AND e.ordinal = r.ordinal AND e.valid_to = r.valid_from
     UNION ALL
    SELECT e.amount, e.status, e.settled_at, e.withdrawn_at FROM pool.reward_revisions e
     WHERE r.stream = 'rewards' AND r.change <> 'appeared' AND e.puid = r.puid AND e.algo = r.algo AND e.currency = r.currency
       AND e.mined_at = r.mined_at AND e.type = r.type AND e.ordinal = r.ordinal AND e.valid_to = r.valid_from) AS b ON true;

COMMENT ON VIEW report.changes IS 'Changes of items in both lists, with the state before and after. For changes since an instant, filter by known_at > …; exclude appeared and settled to see corrections only. Rewards that duplicate earnings are included: count income from report.income_ledger.';
COMMENT ON COLUMN report.changes.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.changes.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.changes.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.changes.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.changes.currency IS 'Currency of the amount, e.g. BTC.';
COMMENT ON COLUMN report.changes.stream IS 'The pool''s list that contains the item: earnings or rewards.';
COMMENT ON COLUMN report.changes.type IS 'Type of the reward as the pool writes it; null for an earning.';
COMMENT ON COLUMN report.changes.mining_date IS 'The pool''s mining day: the UTC day of miningDate, regardless of the reports'' time zone.';
COMMENT ON COLUMN report.changes.mined_at IS 'The mining date as served, to the millisecond.';
COMMENT ON COLUMN report.changes.ordinal IS 'Distinguishes items with otherwise equal keys (0, 1, …).';
COMMENT ON COLUMN report.changes.change IS 'appeared: seen for the first time; settled; amended: amount, hashrate or settle time changed; withdrawn: the pool took it back; restored: the pool serves it again; unserved, served_again: older than anything the pool''s list still serves, or within it again.';
COMMENT ON COLUMN report.changes.known_at IS 'When this state became known.';
COMMENT ON COLUMN report.changes.amount_before IS 'Amount before, exact; null if it did not exist.';
COMMENT ON COLUMN report.changes.amount_after IS 'Amount after, exact; null if it is gone.';
COMMENT ON COLUMN report.changes.amount_before_text IS 'amount_before as text, all digits.';
COMMENT ON COLUMN report.changes.amount_after_text IS 'amount_after as text, all digits.';
COMMENT ON COLUMN report.changes.status_before IS 'Status before.';
COMMENT ON COLUMN report.changes.status_after IS 'Status after.';
COMMENT ON COLUMN report.changes.settled_at_before IS 'Settle time before.';
COMMENT ON COLUMN report.changes.settled_at_after IS 'Settle time after.';
COMMENT ON COLUMN report.changes.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.changes.row_id IS 'The item''s row id in exports and in kpool explain.';
