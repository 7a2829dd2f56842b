CREATE OR REPLACE VIEW report.sub_accounts AS
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, s.puid, s.account_id
  FROM pool.sub_accounts s
  -- Every sub-account has an account. LEFT JOIN, so that the planner drops the join from queries that do not use the name.
  LEFT JOIN pool.accounts a ON a.account_id = s.account_id;

COMMENT ON VIEW report.sub_accounts IS 'Sub-accounts by name, with their accounts.';
COMMENT ON COLUMN report.sub_accounts.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.sub_accounts.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.sub_accounts.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.sub_accounts.account_id IS 'The account''s number in the schema pool.';
