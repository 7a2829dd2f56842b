/** Workers per row: larger blocks hardly compress better, and a query for one worker has to read a whole row. */
const BLOCK_WORKERS = 250;

/** Inserts the rows of the CTE `sampled`, which has the columns of `pool.worker_samples`, as blocks. */
export const INSERT_SAMPLE_BLOCKS = `
  INSERT INTO pool.worker_sample_blocks (puid, algo, observed_at, first_worker_id, last_worker_id, worker_ids,
         real_hash_rates_hps, hour_hash_rates_hps, day_hash_rates_hps, reject_rates, last_shares_at, statuses)
  SELECT puid, algo, observed_at, min(worker_id), max(worker_id), array_agg(worker_id ORDER BY worker_id),
         array_agg(real_hash_rate_hps ORDER BY worker_id), array_agg(hour_hash_rate_hps ORDER BY worker_id),
         array_agg(day_hash_rate_hps ORDER BY worker_id), array_agg(reject_rate ORDER BY worker_id),
         array_agg(last_share_at ORDER BY worker_id), array_agg(status ORDER BY worker_id)
    FROM (SELECT *, (row_number() OVER (PARTITION BY puid, algo, observed_at ORDER BY worker_id) - 1) / ${BLOCK_WORKERS} AS block
            FROM sampled) AS numbered
   GROUP BY puid, algo, observed_at, block`;
