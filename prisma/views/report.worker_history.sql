CREATE OR REPLACE FUNCTION report.worker_history(of_puid bigint, of_algo text, of_worker_id bigint)
  RETURNS TABLE (observed_at timestamptz, real_hash_rate_hps numeric, hour_hash_rate_hps numeric, day_hash_rate_hps numeric,
                 reject_rate numeric, last_share_at timestamptz, status text)
  LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT b.observed_at, b.real_hash_rates_hps[n.n], b.hour_hash_rates_hps[n.n], b.day_hash_rates_hps[n.n], b.reject_rates[n.n],
       b.last_shares_at[n.n], b.statuses[n.n]
  FROM pool.worker_sample_blocks b
 CROSS JOIN LATERAL (SELECT array_position(b.worker_ids, of_worker_id) AS n OFFSET 0) AS n
 WHERE b.puid = of_puid AND b.algo = of_algo AND of_worker_id BETWEEN b.first_worker_id AND b.last_worker_id AND n.n IS NOT NULL;
END;

COMMENT ON FUNCTION report.worker_history(bigint, text, bigint) IS 'The samples of one worker: those of pool.worker_samples, read from the blocks that can hold it only. Arguments: sub-account id, algorithm, worker id.';
