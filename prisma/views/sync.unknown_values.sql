CREATE OR REPLACE VIEW sync.unknown_values AS
SELECT DISTINCT 'earnings' AS stream, account_id, 'status ' || status AS value
  FROM pool.earnings WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE')
 UNION ALL
SELECT DISTINCT 'rewards', account_id, 'status ' || status
  FROM pool.rewards WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE')
 UNION ALL
SELECT DISTINCT 'rewards', account_id, 'type ' || type
  FROM pool.rewards
 WHERE type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN', 'REWARD_EARN', 'HASH_RATE_EARN', 'FEE_RATE_EARN')
 UNION ALL
SELECT DISTINCT 'workers', account_id, 'status ' || status
  FROM pool.workers WHERE status NOT IN ('ACTIVE', 'INACTIVE', 'INVALID')
 UNION ALL
SELECT DISTINCT 'sub-accounts', s.account_id, 'algorithm ' || s.default_algo
  FROM pool.sub_accounts s
 WHERE s.default_algo <> ''
   AND NOT EXISTS (SELECT FROM pool.algorithms g WHERE g.account_id = s.account_id AND g.algo = s.default_algo);

COMMENT ON VIEW sync.unknown_values IS 'Statuses, types and algorithms that the pool said and its specification or its own list does not have.';
COMMENT ON COLUMN sync.unknown_values.stream IS 'The stream that said it.';
COMMENT ON COLUMN sync.unknown_values.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.unknown_values.value IS 'What kind of value, and the value.';
