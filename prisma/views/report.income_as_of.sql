CREATE OR REPLACE FUNCTION report.income_as_of(known_at timestamptz)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, algo text, currency text, source text, type text,
                 mining_date date, mined_at timestamptz, ordinal integer, amount numeric, amount_text text, status text,
                 settled_at timestamptz, hash_rate_hps numeric, reject_rate numeric, known_since timestamptz, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text), e.puid, e.algo, e.currency, 'earnings', NULL,
       e.mining_date, e.mined_at, e.ordinal, e.amount, trim_scale(e.amount)::text, e.status, e.settled_at,
       e.hash_rate_hps, e.reject_rate, e.valid_from, e.account_id
  FROM pool.earning_revisions e
  JOIN pool.sub_accounts s ON s.account_id = e.account_id AND s.puid = e.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE e.valid_from <= known_at AND (e.valid_to IS NULL OR e.valid_to > known_at) AND e.withdrawn_at IS NULL
 UNION ALL
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text), r.puid, r.algo, r.currency, 'rewards', r.type,
       r.mining_date, r.mined_at, r.ordinal, r.amount, trim_scale(r.amount)::text, r.status, r.settled_at,
       r.hash_rate_hps, NULL, r.valid_from, r.account_id
  FROM pool.reward_revisions r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.valid_from <= known_at AND (r.valid_to IS NULL OR r.valid_to > known_at) AND r.withdrawn_at IS NULL
   AND r.type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN')
 UNION ALL
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text), r.puid, r.algo, r.currency, 'rewards', r.type,
       r.mining_date, r.mined_at, r.ordinal, r.amount, trim_scale(r.amount)::text, r.status, r.settled_at,
       r.hash_rate_hps, NULL, r.valid_from, r.account_id
  FROM pool.reward_revisions r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.valid_from <= known_at AND (r.valid_to IS NULL OR r.valid_to > known_at) AND r.withdrawn_at IS NULL
   AND r.type IN ('MINING_EARN', 'UNITE_COIN_EARN')
   AND NOT EXISTS (SELECT FROM pool.earning_revisions e
                    WHERE e.account_id = r.account_id AND e.puid = r.puid AND e.algo = r.algo
                      AND e.currency = r.currency AND e.mining_date = r.mining_date
                      AND e.valid_from <= known_at AND (e.valid_to IS NULL OR e.valid_to > known_at)
                      AND e.withdrawn_at IS NULL)
$$;

COMMENT ON FUNCTION report.income_as_of(timestamptz) IS 'report.income_ledger as we knew it at that moment (known_since: since when). What it says of the instant of a close or an export, it says for ever.';
