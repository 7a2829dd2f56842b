-- Samples and hours without a foreign key to their worker: checking one row by row took a tenth of what a pass over a
-- large fleet costs, and locked every worker. They are written from sync.worker_stays, which has the key, in the
-- statement that also writes pool.worker_daily, which has it too: neither is ever without its worker.

ALTER TABLE pool.worker_samples DROP CONSTRAINT worker_samples_account_id_puid_algo_worker_id_fkey;
ALTER TABLE pool.worker_hourly DROP CONSTRAINT worker_hourly_account_id_puid_algo_worker_id_fkey;
