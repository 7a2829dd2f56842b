CREATE OR REPLACE VIEW report.income_overlap AS
SELECT a.account_name, a.sub_account, d.puid, d.algo, d.currency, d.mining_date, d.types,
       d.left_out_items::bigint AS left_out_items, d.left_out_amount, trim_scale(d.left_out_amount)::text AS left_out_amount_text,
       d.left_out_statuses, d.earning_items::bigint AS earning_items, d.earnings_amount,
       trim_scale(d.earnings_amount)::text AS earnings_amount_text, d.earning_statuses,
       d.earnings_amount - d.left_out_amount AS difference, trim_scale(d.earnings_amount - d.left_out_amount)::text AS difference_text,
       CASE WHEN d.earnings_amount <> d.left_out_amount AND d.left_out_statuses <> d.earning_statuses THEN 'amount and status'
            WHEN d.earnings_amount <> d.left_out_amount THEN 'amount'
            WHEN d.left_out_statuses <> d.earning_statuses THEN 'status' END AS differs_in,
       a.account_id,
       concat_ws('; ', CASE WHEN d.evidence LIKE '%type%' THEN 'MINING_EARN: mining income of the same day' END,
                       CASE WHEN d.evidence LIKE '%amount%' THEN 'UNITE_COIN_EARN: the same amount' END,
                       CASE WHEN d.evidence LIKE '%day%' THEN 'UNITE_COIN_EARN: inside earnings by the definition of the pool''s totals' END) AS evidence
  FROM sync.overlap_days d
  JOIN report.sub_accounts a ON a.puid = d.puid;

COMMENT ON VIEW report.income_overlap IS 'Rewards that report.income_ledger leaves out because earnings contain the same income, per day, with those earnings and any difference between the two lists.';
COMMENT ON COLUMN report.income_overlap.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_overlap.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.income_overlap.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_overlap.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_overlap.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.income_overlap.mining_date IS 'Day on which it was mined, UTC.';
COMMENT ON COLUMN report.income_overlap.types IS 'Types of the rewards left out: MINING_EARN, UNITE_COIN_EARN.';
COMMENT ON COLUMN report.income_overlap.left_out_items IS 'Number of rewards left out.';
COMMENT ON COLUMN report.income_overlap.left_out_amount IS 'Their sum.';
COMMENT ON COLUMN report.income_overlap.left_out_amount_text IS 'The same as text.';
COMMENT ON COLUMN report.income_overlap.left_out_statuses IS 'Their status; the first and the last in alphabetical order if they differ.';
COMMENT ON COLUMN report.income_overlap.earning_items IS 'Number of earnings of that day.';
COMMENT ON COLUMN report.income_overlap.earnings_amount IS 'Their sum: this is the income that counts.';
COMMENT ON COLUMN report.income_overlap.earnings_amount_text IS 'The same as text.';
COMMENT ON COLUMN report.income_overlap.earning_statuses IS 'Their status; the first and the last in alphabetical order if they differ.';
COMMENT ON COLUMN report.income_overlap.difference IS 'earnings_amount - left_out_amount; not 0 if the two lists disagree.';
COMMENT ON COLUMN report.income_overlap.difference_text IS 'The difference as text, all digits.';
COMMENT ON COLUMN report.income_overlap.differs_in IS 'amount, status, amount and status, or null if both lists agree.';
COMMENT ON COLUMN report.income_overlap.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.income_overlap.evidence IS 'Why the rewards count as the same income: MINING_EARN by key and day; UNITE_COIN_EARN by an amount equal to an earning''s, or since the account''s totals were proven to count it inside earnings.';
