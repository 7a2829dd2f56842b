CREATE OR REPLACE VIEW sync.unknown_values AS
-- The conditions on earnings and rewards must be those of their indexes (…_unknown_status_idx, …_unknown_type_idx), which
-- make this view cheap; a test compares them.
SELECT DISTINCT v.stream, s.account_id, v.value
  FROM (SELECT DISTINCT 'earnings' AS stream, puid, 'status ' || status AS value
          FROM pool.earnings WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE')
         UNION ALL
        SELECT DISTINCT 'rewards', puid, 'status ' || status
          FROM pool.rewards WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE')
         UNION ALL
        SELECT DISTINCT 'rewards', puid, 'type ' || type
          FROM pool.rewards
         WHERE type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN', 'REWARD_EARN', 'HASH_RATE_EARN', 'FEE_RATE_EARN')
         UNION ALL
        SELECT DISTINCT 'workers', puid, 'status ' || status
          FROM pool.workers WHERE status NOT IN ('ACTIVE', 'INACTIVE', 'INVALID')
         UNION ALL
        SELECT 'sub-accounts', n.puid, 'algorithm ' || n.default_algo
          FROM pool.sub_accounts n
         WHERE n.default_algo <> ''
           AND NOT EXISTS (SELECT FROM pool.algorithms g WHERE g.account_id = n.account_id AND g.algo = n.default_algo)
       ) AS v
  JOIN pool.sub_accounts s ON s.puid = v.puid;

COMMENT ON VIEW sync.unknown_values IS 'Statuses, types and algorithms from the pool that neither its specification nor its own list contains.';
COMMENT ON COLUMN sync.unknown_values.stream IS 'The stream it was seen in.';
COMMENT ON COLUMN sync.unknown_values.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.unknown_values.value IS 'What kind of value, and the value.';
