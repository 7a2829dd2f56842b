CREATE OR REPLACE VIEW report.income_ledger AS
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account,
       e.puid, e.algo, e.currency,
       'earnings'::text AS source,
       NULL::text AS type,
       e.mining_date, e.mined_at, e.ordinal,
       e.amount,
       trim_scale(e.amount)::text AS amount_text,
       e.status, e.settled_at, e.hash_rate_hps, e.reject_rate, e.first_seen_at, e.changed_at,
       e.account_id, e.unserved_at
  FROM pool.earnings e
  JOIN pool.sub_accounts s ON s.account_id = e.account_id AND s.puid = e.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE e.withdrawn_at IS NULL
 UNION ALL
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text),
       r.puid, r.algo, r.currency,
       'rewards',
       r.type,
       r.mining_date, r.mined_at, r.ordinal,
       r.amount,
       trim_scale(r.amount)::text,
       r.status, r.settled_at, r.hash_rate_hps, NULL, r.first_seen_at, r.changed_at,
       r.account_id, r.unserved_at
  FROM pool.rewards r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.withdrawn_at IS NULL AND r.type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN')
 UNION ALL
-- Apart from the others, so that it is an anti-join.
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text),
       r.puid, r.algo, r.currency,
       'rewards',
       r.type,
       r.mining_date, r.mined_at, r.ordinal,
       r.amount,
       trim_scale(r.amount)::text,
       r.status, r.settled_at, r.hash_rate_hps, NULL, r.first_seen_at, r.changed_at,
       r.account_id, r.unserved_at
  FROM pool.rewards r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.withdrawn_at IS NULL AND r.type IN ('MINING_EARN', 'UNITE_COIN_EARN')
   AND NOT EXISTS (SELECT FROM pool.earnings e
                    WHERE e.account_id = r.account_id AND e.puid = r.puid AND e.algo = r.algo
                      AND e.currency = r.currency AND e.mining_date = r.mining_date AND e.withdrawn_at IS NULL);

COMMENT ON VIEW report.income_ledger IS 'Every item of income once: all earnings, and those rewards that the earnings do not already hold (MINING_EARN and UNITE_COIN_EARN count only where earnings have no row for that sub-account, algorithm, currency and day). What the pool has withdrawn is not here.';
COMMENT ON COLUMN report.income_ledger.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_ledger.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.income_ledger.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_ledger.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_ledger.currency IS 'Currency of the amount, e.g. BTC.';
COMMENT ON COLUMN report.income_ledger.source IS 'The list that holds the item: earnings (pool.earnings) or rewards (pool.rewards).';
COMMENT ON COLUMN report.income_ledger.type IS 'Type of the reward as the pool writes it; null for an earning.';
COMMENT ON COLUMN report.income_ledger.mining_date IS 'Day on which it was mined, UTC.';
COMMENT ON COLUMN report.income_ledger.mined_at IS 'The mining date as served, to the millisecond.';
COMMENT ON COLUMN report.income_ledger.ordinal IS 'Numbers items that are otherwise listed under the same key (0, 1, …).';
COMMENT ON COLUMN report.income_ledger.amount IS 'Income in units of the currency, exact; negative for a correction.';
COMMENT ON COLUMN report.income_ledger.amount_text IS 'The amount as text, digit for digit, for tools that round numbers.';
COMMENT ON COLUMN report.income_ledger.status IS 'SETTLED: paid; WAIT_SETTLE: pending; or whatever the pool says.';
COMMENT ON COLUMN report.income_ledger.settled_at IS 'Settle time as served, also on a pending item; null when none.';
COMMENT ON COLUMN report.income_ledger.hash_rate_hps IS 'Hashrate that earned it, H/s; null when the pool gives none.';
COMMENT ON COLUMN report.income_ledger.reject_rate IS 'Rejected shares in percent; null for rewards.';
COMMENT ON COLUMN report.income_ledger.first_seen_at IS 'When the item first appeared to us.';
COMMENT ON COLUMN report.income_ledger.changed_at IS 'When the item last changed.';
COMMENT ON COLUMN report.income_ledger.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.income_ledger.unserved_at IS 'When the pool''s list was seen to begin later than this item, which goes on counting; null while the pool serves it.';
