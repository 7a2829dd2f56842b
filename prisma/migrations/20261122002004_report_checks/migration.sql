-- The ledger against the pool's own totals, days without income, income for hashrate, and how long settling takes.

-- Find what changed of a sub-account after an instant.
CREATE INDEX earning_revisions_sub_account_valid_from_idx ON pool.earning_revisions (account_id, puid, currency, valid_from);
CREATE INDEX reward_revisions_sub_account_valid_from_idx ON pool.reward_revisions (account_id, puid, currency, valid_from);

CREATE VIEW sync.latest_sub_account_totals AS
-- Steps from one sub-account and currency to the next along the primary key: the samples between are not read.
WITH RECURSIVE latest AS (
  (SELECT account_id, puid, currency, observed_at, amount
     FROM pool.sub_account_income_samples
    ORDER BY account_id DESC, puid DESC, currency DESC, observed_at DESC LIMIT 1)
   UNION ALL
  SELECT n.account_id, n.puid, n.currency, n.observed_at, n.amount
    FROM latest l
   CROSS JOIN LATERAL (
     SELECT * FROM pool.sub_account_income_samples
      WHERE (account_id, puid, currency) < (l.account_id, l.puid, l.currency)
      ORDER BY account_id DESC, puid DESC, currency DESC, observed_at DESC LIMIT 1) AS n
)
SELECT account_id, puid, currency, observed_at, amount,
       -- A total may end in zeros by chance; all totals of a currency together show how many digits the pool gives.
       max(scale(trim_scale(amount))) OVER (PARTITION BY account_id, currency) AS digits
  FROM latest;
COMMENT ON VIEW sync.latest_sub_account_totals IS 'What the pool last said that each sub-account has earned altogether, by currency.';
COMMENT ON COLUMN sync.latest_sub_account_totals.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.latest_sub_account_totals.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.latest_sub_account_totals.currency IS 'Currency of the total.';
COMMENT ON COLUMN sync.latest_sub_account_totals.observed_at IS 'When the pool said so.';
COMMENT ON COLUMN sync.latest_sub_account_totals.amount IS 'The total.';
COMMENT ON COLUMN sync.latest_sub_account_totals.digits IS 'Decimals that the pool gives in totals of this currency.';

CREATE VIEW report.reconciliation AS
WITH latest AS MATERIALIZED (
  SELECT * FROM sync.latest_sub_account_totals
), now_known AS (
  SELECT account_id, puid, currency,
         sum(earnings_settled) AS es, sum(earnings_pending) AS ep, sum(earnings_other) AS eo,
         sum(rewards_settled) AS rs, sum(rewards_pending) AS rp, sum(rewards_other) AS ro,
         sum(left_out_settled) AS ls, sum(left_out_pending) AS lp, sum(left_out_other) AS lo
    FROM sync.income_months GROUP BY account_id, puid, currency
), moved AS MATERIALIZED (
  -- Days of which we learned something after the pool gave its total: few, and only they have to be read as of then.
  SELECT l.account_id, l.puid, d.algo, l.currency, d.mining_date, l.observed_at
    FROM latest l
   CROSS JOIN LATERAL (
     SELECT algo, mining_date FROM pool.earning_revisions r
      WHERE r.account_id = l.account_id AND r.puid = l.puid AND r.currency = l.currency AND r.valid_from > l.observed_at
      UNION
     SELECT algo, mining_date FROM pool.reward_revisions r
      WHERE r.account_id = l.account_id AND r.puid = l.puid AND r.currency = l.currency AND r.valid_from > l.observed_at) AS d
), moved_now AS (
  -- Here and below, sums within the lateral part keep it a look-up of the day, not a join with all days.
  SELECT m.account_id, m.puid, m.currency,
         sum(d.es) AS es, sum(d.ep) AS ep, sum(d.eo) AS eo, sum(d.rs) AS rs, sum(d.rp) AS rp, sum(d.ro) AS ro,
         sum(d.ls) AS ls, sum(d.lp) AS lp, sum(d.lo) AS lo
    FROM moved m
   CROSS JOIN LATERAL (
     SELECT sum(earnings_settled) AS es, sum(earnings_pending) AS ep, sum(earnings_other) AS eo,
            sum(rewards_settled) AS rs, sum(rewards_pending) AS rp, sum(rewards_other) AS ro,
            sum(left_out_settled) AS ls, sum(left_out_pending) AS lp, sum(left_out_other) AS lo
       FROM sync.income_days i
      WHERE i.account_id = m.account_id AND i.puid = m.puid AND i.algo = m.algo AND i.currency = m.currency
        AND i.mining_date = m.mining_date) AS d
   GROUP BY m.account_id, m.puid, m.currency
), moved_then AS (
  SELECT m.account_id, m.puid, m.currency,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status = 'SETTLED') AS es,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status = 'WAIT_SETTLE') AS ep,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS eo,
         sum(i.amount) FILTER (WHERE i.source = 'rewards' AND i.status = 'SETTLED') AS rs,
         sum(i.amount) FILTER (WHERE i.source = 'rewards' AND i.status = 'WAIT_SETTLE') AS rp,
         sum(i.amount) FILTER (WHERE i.source = 'rewards' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS ro,
         sum(i.amount) FILTER (WHERE i.source = 'left out' AND i.status = 'SETTLED') AS ls,
         sum(i.amount) FILTER (WHERE i.source = 'left out' AND i.status = 'WAIT_SETTLE') AS lp,
         sum(i.amount) FILTER (WHERE i.source = 'left out' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS lo
    FROM moved m
   CROSS JOIN LATERAL (
     WITH earned AS (
       SELECT e.amount, e.status
         FROM pool.earning_revisions e
        WHERE e.account_id = m.account_id AND e.puid = m.puid AND e.algo = m.algo AND e.currency = m.currency
          AND e.mined_at >= m.mining_date::timestamp AT TIME ZONE 'UTC'
          AND e.mined_at < (m.mining_date + 1)::timestamp AT TIME ZONE 'UTC'
          AND e.valid_from <= m.observed_at AND (e.valid_to IS NULL OR e.valid_to > m.observed_at) AND e.withdrawn_at IS NULL
     )
     SELECT amount, status, 'earnings' AS source FROM earned
      UNION ALL
     SELECT r.amount, r.status,
            CASE WHEN r.type IN ('MINING_EARN', 'UNITE_COIN_EARN') AND EXISTS (SELECT FROM earned) THEN 'left out' ELSE 'rewards' END
       FROM pool.reward_revisions r
      WHERE r.account_id = m.account_id AND r.puid = m.puid AND r.algo = m.algo AND r.currency = m.currency
        AND r.mined_at >= m.mining_date::timestamp AT TIME ZONE 'UTC'
        AND r.mined_at < (m.mining_date + 1)::timestamp AT TIME ZONE 'UTC'
        AND r.valid_from <= m.observed_at AND (r.valid_to IS NULL OR r.valid_to > m.observed_at) AND r.withdrawn_at IS NULL) AS i
   GROUP BY m.account_id, m.puid, m.currency
), learned AS (
  -- The same days as we know them now, but only what was settled by then: the pool may have settled it shortly
  -- before it gave the total, and told us of it in a list shortly afterwards.
  SELECT m.account_id, m.puid, m.currency, sum(i.amount) AS settled
    FROM moved m
   CROSS JOIN LATERAL (
     SELECT sum(l.amount) AS amount FROM report.income_ledger l
      WHERE l.account_id = m.account_id AND l.puid = m.puid AND l.algo = m.algo AND l.currency = m.currency
        AND l.mined_at >= m.mining_date::timestamp AT TIME ZONE 'UTC'
        AND l.mined_at < (m.mining_date + 1)::timestamp AT TIME ZONE 'UTC'
        AND l.status = 'SETTLED' AND l.settled_at <= m.observed_at) AS i
   GROUP BY m.account_id, m.puid, m.currency
), ledger AS (
  SELECT coalesce(t.account_id, k.account_id) AS account_id, coalesce(t.puid, k.puid) AS puid,
         coalesce(t.currency, k.currency) AS currency, t.observed_at, t.amount AS pool_total, t.digits,
         coalesce(k.es, 0) - coalesce(n.es, 0) + coalesce(b.es, 0) AS earnings_settled,
         coalesce(k.ep, 0) - coalesce(n.ep, 0) + coalesce(b.ep, 0) AS earnings_pending,
         coalesce(k.eo, 0) - coalesce(n.eo, 0) + coalesce(b.eo, 0) AS earnings_other,
         coalesce(k.rs, 0) - coalesce(n.rs, 0) + coalesce(b.rs, 0) AS rewards_settled,
         coalesce(k.rp, 0) - coalesce(n.rp, 0) + coalesce(b.rp, 0) AS rewards_pending,
         coalesce(k.ro, 0) - coalesce(n.ro, 0) + coalesce(b.ro, 0) AS rewards_other,
         coalesce(k.ls, 0) - coalesce(n.ls, 0) + coalesce(b.ls, 0) AS left_out_settled,
         coalesce(k.lp, 0) - coalesce(n.lp, 0) + coalesce(b.lp, 0) AS left_out_pending,
         coalesce(k.lo, 0) - coalesce(n.lo, 0) + coalesce(b.lo, 0) AS left_out_other,
         CASE WHEN n.account_id IS NOT NULL OR b.account_id IS NOT NULL THEN
           coalesce(k.es + k.rs, 0) - coalesce(n.es + n.rs, 0) + coalesce(f.settled, 0) END AS settled_learned_since
    FROM latest t
    FULL JOIN now_known k ON k.account_id = t.account_id AND k.puid = t.puid AND k.currency = t.currency
    LEFT JOIN moved_now n ON n.account_id = t.account_id AND n.puid = t.puid AND n.currency = t.currency
    LEFT JOIN moved_then b ON b.account_id = t.account_id AND b.puid = t.puid AND b.currency = t.currency
    LEFT JOIN learned f ON f.account_id = t.account_id AND f.puid = t.puid AND f.currency = t.currency
), unread AS (
  SELECT s.account_id, s.puid, 'the ledger of this sub-account has not been read whole yet' AS why
    FROM pool.sub_accounts s
   WHERE NOT EXISTS (SELECT FROM sync.cursors c
                      WHERE c.account_id = s.account_id AND c.puid = s.puid AND c.stream IN ('earnings', 'rewards'))
      OR EXISTS (SELECT FROM sync.cursors c
                  WHERE c.account_id = s.account_id AND c.puid = s.puid AND c.stream IN ('earnings', 'rewards')
                    AND NOT c.history_complete)
), quarantined AS (
  SELECT DISTINCT account_id, puid, 'rows of this sub-account are in quarantine' AS why
    FROM sync.quarantined_rows WHERE stream IN ('earnings', 'rewards') AND resolved_at IS NULL
), judged AS (
  SELECT l.*, d.definition, d.amount, d.rank
    FROM ledger l
    LEFT JOIN LATERAL (
      SELECT v.definition, v.amount,
             CASE WHEN v.amount = l.pool_total THEN 1
                  -- Rounded or cut off. A total without decimals says too little to call it a match.
                  WHEN l.digits >= 2 AND l.pool_total IN (round(v.amount, l.digits), trunc(v.amount, l.digits)) THEN 2
                  ELSE 3 END AS rank
        FROM (VALUES
          (1, 'settled', l.earnings_settled + l.rewards_settled),
          (2, 'settled, of which we learned later', l.settled_learned_since),
          (3, 'settled and pending', l.earnings_settled + l.rewards_settled + l.earnings_pending + l.rewards_pending
                                     + l.earnings_other + l.rewards_other),
          (4, 'earnings, settled', l.earnings_settled),
          (5, 'earnings, settled and pending', l.earnings_settled + l.earnings_pending + l.earnings_other),
          (6, 'rewards, settled', l.rewards_settled + l.left_out_settled),
          (7, 'rewards, settled and pending', l.rewards_settled + l.left_out_settled + l.rewards_pending
                                              + l.left_out_pending + l.rewards_other + l.left_out_other)
        ) AS v (position, definition, amount)
       -- One list alone that holds nothing would match any total of 0.
       WHERE v.amount IS NOT NULL AND (v.position <= 3 OR v.amount <> 0)
       ORDER BY rank, v.position LIMIT 1) AS d ON l.pool_total IS NOT NULL
)
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, j.puid, j.currency, j.observed_at,
       j.pool_total, trim_scale(j.pool_total)::text AS pool_total_text,
       j.earnings_settled + j.rewards_settled AS ledger_settled,
       trim_scale(j.earnings_settled + j.rewards_settled)::text AS ledger_settled_text,
       j.earnings_pending + j.rewards_pending AS ledger_pending,
       trim_scale(j.earnings_pending + j.rewards_pending)::text AS ledger_pending_text,
       j.earnings_other + j.rewards_other AS ledger_other,
       CASE v.verdict WHEN 'matches' THEN 0 ELSE j.pool_total - CASE v.verdict WHEN 'matches to the pool''s digits' THEN j.amount ELSE j.earnings_settled + j.rewards_settled END END AS difference,
       CASE v.verdict WHEN 'matches' THEN '0' ELSE trim_scale(j.pool_total - CASE v.verdict WHEN 'matches to the pool''s digits' THEN j.amount ELSE j.earnings_settled + j.rewards_settled END)::text END AS difference_text,
       v.verdict,
       CASE WHEN j.rank < 3 THEN j.definition END AS definition,
       CASE WHEN v.verdict = 'not comparable' THEN
         CASE WHEN j.pool_total IS NULL THEN 'the pool has not given a total' ELSE coalesce(u.why, q.why) END END AS reason,
       j.digits AS pool_digits,
       j.earnings_settled, j.earnings_pending, j.earnings_other,
       j.rewards_settled, j.rewards_pending, j.rewards_other,
       j.left_out_settled, j.left_out_pending, j.left_out_other,
       j.account_id
  FROM judged j
  JOIN pool.sub_accounts s ON s.account_id = j.account_id AND s.puid = j.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
  LEFT JOIN unread u ON u.account_id = j.account_id AND u.puid = j.puid
  LEFT JOIN quarantined q ON q.account_id = j.account_id AND q.puid = j.puid
 CROSS JOIN LATERAL (
   SELECT CASE WHEN j.rank = 1 THEN 'matches'
               WHEN j.rank = 2 THEN 'matches to the pool''s digits'
               WHEN j.pool_total IS NULL THEN 'not comparable'
               WHEN u.puid IS NOT NULL OR q.puid IS NOT NULL THEN 'not comparable'
               ELSE 'differs' END AS verdict) AS v;
COMMENT ON VIEW report.reconciliation IS 'The ledger against the pool''s own totals, per sub-account and currency: what we knew at the moment at which the pool gave the total, by list and status, and whether the two agree.';
COMMENT ON COLUMN report.reconciliation.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.reconciliation.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.reconciliation.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.reconciliation.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.reconciliation.observed_at IS 'When the pool gave its total; the ledger is shown as of then. Null: no total, and the ledger is shown as of now.';
COMMENT ON COLUMN report.reconciliation.pool_total IS 'Accumulated income as the pool totals it. API: sub-user/earn, amount.';
COMMENT ON COLUMN report.reconciliation.pool_total_text IS 'The total as text, digit for digit.';
COMMENT ON COLUMN report.reconciliation.ledger_settled IS 'Income of report.income_ledger that was settled.';
COMMENT ON COLUMN report.reconciliation.ledger_settled_text IS 'The same as text.';
COMMENT ON COLUMN report.reconciliation.ledger_pending IS 'Income that was pending.';
COMMENT ON COLUMN report.reconciliation.ledger_pending_text IS 'The same as text.';
COMMENT ON COLUMN report.reconciliation.ledger_other IS 'Income with a status that this program does not know.';
COMMENT ON COLUMN report.reconciliation.difference IS 'pool_total - what it was compared with: the definition that matched, else ledger_settled. 0 when it matches.';
COMMENT ON COLUMN report.reconciliation.difference_text IS 'The difference as text, digit for digit.';
COMMENT ON COLUMN report.reconciliation.verdict IS 'matches; matches to the pool''s digits: equal once the ledger is rounded or cut to the decimals that the pool gives; differs; not comparable: see reason.';
COMMENT ON COLUMN report.reconciliation.definition IS 'What the pool counts, as far as the match shows: settled; settled, of which we learned later (settled by then, listed to us afterwards); settled and pending; or one list alone. Null when nothing matched.';
COMMENT ON COLUMN report.reconciliation.reason IS 'Why it is not comparable; null when it is.';
COMMENT ON COLUMN report.reconciliation.pool_digits IS 'Decimals that the pool gives in totals of this currency.';
COMMENT ON COLUMN report.reconciliation.earnings_settled IS 'Earnings, settled.';
COMMENT ON COLUMN report.reconciliation.earnings_pending IS 'Earnings, pending.';
COMMENT ON COLUMN report.reconciliation.earnings_other IS 'Earnings with an unknown status.';
COMMENT ON COLUMN report.reconciliation.rewards_settled IS 'Rewards that count as income, settled.';
COMMENT ON COLUMN report.reconciliation.rewards_pending IS 'Rewards that count as income, pending.';
COMMENT ON COLUMN report.reconciliation.rewards_other IS 'Rewards that count as income, with an unknown status.';
COMMENT ON COLUMN report.reconciliation.left_out_settled IS 'Rewards that earnings already hold (report.income_overlap), settled.';
COMMENT ON COLUMN report.reconciliation.left_out_pending IS 'The same, pending.';
COMMENT ON COLUMN report.reconciliation.left_out_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN report.reconciliation.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.missing_days AS
WITH at_work AS (
  -- A scope whose machines are at work lives on; its income of yesterday may still come.
  SELECT account_id, puid, algo, least((max(last_share_at) AT TIME ZONE 'UTC')::date, (sync.now() AT TIME ZONE 'UTC')::date - 1) AS last_day
    FROM pool.workers GROUP BY account_id, puid, algo
), gaps AS (
  SELECT e.account_id, e.puid, e.algo, e.mining_date AS day,
         coalesce(lead(e.mining_date) OVER (PARTITION BY e.account_id, e.puid, e.algo ORDER BY e.mining_date), w.last_day) AS next_day
    FROM pool.earnings e
    LEFT JOIN at_work w ON w.account_id = e.account_id AND w.puid = e.puid AND w.algo = e.algo
   WHERE e.withdrawn_at IS NULL
)
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, g.puid, g.algo,
       m.day::date AS day, g.day + 1 AS gap_from, g.next_day - 1 AS gap_to, g.account_id
  FROM gaps g
  JOIN pool.sub_accounts s ON s.account_id = g.account_id AND s.puid = g.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 CROSS JOIN LATERAL generate_series(g.day::timestamp + interval '1 day', g.next_day::timestamp - interval '1 day', interval '1 day') AS m (day)
 WHERE g.next_day > g.day + 1;
COMMENT ON VIEW report.missing_days IS 'Days (UTC) without any earning between the first and the last one of a sub-account and algorithm, or up to its machines last share. Look at report.completeness to see whether the pool was read whole there: then it paid nothing.';
COMMENT ON COLUMN report.missing_days.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.missing_days.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.missing_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.missing_days.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.missing_days.day IS 'The day, UTC.';
COMMENT ON COLUMN report.missing_days.gap_from IS 'First day of the gap that it is in.';
COMMENT ON COLUMN report.missing_days.gap_to IS 'Last day of that gap.';
COMMENT ON COLUMN report.missing_days.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.income_efficiency AS
WITH days AS (
  -- The pool gives the rate of the day with each earning; several earnings of a day are one day's work.
  SELECT account_id, puid, algo, currency, mining_date AS day, sum(amount) AS income, avg(hash_rate_hps) AS hash_rate_hps
    FROM pool.earnings
   WHERE withdrawn_at IS NULL AND hash_rate_hps > 0
   GROUP BY account_id, puid, algo, currency, mining_date
), measured AS (
  SELECT d.*,
         sum(income) OVER account_day * 1e15 / sum(hash_rate_hps) OVER account_day AS account_income_per_phs_day,
         sum(income) OVER month_before * 1e15 / sum(hash_rate_hps) OVER month_before AS trend_income_per_phs_day
    FROM days d
  WINDOW account_day AS (PARTITION BY account_id, algo, currency, day),
         month_before AS (PARTITION BY account_id, puid, algo, currency ORDER BY day
                          RANGE BETWEEN interval '30 days' PRECEDING AND interval '1 day' PRECEDING)
)
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, m.puid, m.algo, m.currency, m.day,
       m.income, trim_scale(m.income)::text AS income_text, m.hash_rate_hps,
       round(m.income * 1e15 / m.hash_rate_hps, 18) AS income_per_phs_day,
       round(m.account_income_per_phs_day, 18) AS account_income_per_phs_day,
       round(m.trend_income_per_phs_day, 18) AS trend_income_per_phs_day,
       round(m.income * 1e15 / m.hash_rate_hps / nullif(m.account_income_per_phs_day, 0), 4) AS against_account,
       round(m.income * 1e15 / m.hash_rate_hps / nullif(m.trend_income_per_phs_day, 0), 4) AS against_trend,
       m.account_id
  FROM measured m
  JOIN pool.sub_accounts s ON s.account_id = m.account_id AND s.puid = m.puid
  JOIN pool.accounts a ON a.account_id = s.account_id;
COMMENT ON VIEW report.income_efficiency IS 'Earnings per unit of hashrate and day, beside those of the whole account on that day and the 30 days before. A sub-account well below 1 earns less than its machines should.';
COMMENT ON COLUMN report.income_efficiency.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_efficiency.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.income_efficiency.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_efficiency.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_efficiency.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.income_efficiency.day IS 'Mining day, UTC.';
COMMENT ON COLUMN report.income_efficiency.income IS 'Earnings of the day for which the pool gives a hashrate.';
COMMENT ON COLUMN report.income_efficiency.income_text IS 'The income as text, digit for digit.';
COMMENT ON COLUMN report.income_efficiency.hash_rate_hps IS 'Hashrate of the day, H/s.';
COMMENT ON COLUMN report.income_efficiency.income_per_phs_day IS 'Income per PH/s (1e15 H/s) and day.';
COMMENT ON COLUMN report.income_efficiency.account_income_per_phs_day IS 'The same for all sub-accounts of the account together, on that day.';
COMMENT ON COLUMN report.income_efficiency.trend_income_per_phs_day IS 'The same for this sub-account over the 30 days before; null on its first day.';
COMMENT ON COLUMN report.income_efficiency.against_account IS 'income_per_phs_day over account_income_per_phs_day: 1 is like the others.';
COMMENT ON COLUMN report.income_efficiency.against_trend IS 'income_per_phs_day over trend_income_per_phs_day: 1 is as before.';
COMMENT ON COLUMN report.income_efficiency.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.settlement_delay AS
SELECT l.account_name, l.currency, date_trunc('month', l.mining_date::timestamp)::date AS month,
       count(*) FILTER (WHERE l.status = 'SETTLED') AS settled_items,
       count(*) FILTER (WHERE l.status <> 'SETTLED') AS unsettled_items,
       count(*) FILTER (WHERE l.status = 'SETTLED' AND l.settled_at IS NULL) AS undated_items,
       round((avg(d.days) FILTER (WHERE l.status = 'SETTLED'))::numeric, 2) AS mean_days,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY d.days) FILTER (WHERE l.status = 'SETTLED'))::numeric, 2) AS median_days,
       round((max(d.days) FILTER (WHERE l.status = 'SETTLED'))::numeric, 2) AS longest_days,
       l.account_id
  FROM report.income_ledger l
 CROSS JOIN LATERAL (SELECT extract(epoch FROM l.settled_at - l.mined_at)::float8 / 86400 AS days) AS d
 GROUP BY l.account_name, l.account_id, l.currency, date_trunc('month', l.mining_date::timestamp)::date;
COMMENT ON VIEW report.settlement_delay IS 'How long the pool takes to pay, by currency and mining month: days from the mining date to the settle time, as the pool gives both.';
COMMENT ON COLUMN report.settlement_delay.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.settlement_delay.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.settlement_delay.month IS 'First day of the month of mining, UTC.';
COMMENT ON COLUMN report.settlement_delay.settled_items IS 'Items that are settled.';
COMMENT ON COLUMN report.settlement_delay.unsettled_items IS 'Items that are not.';
COMMENT ON COLUMN report.settlement_delay.undated_items IS 'Settled items without a settle time.';
COMMENT ON COLUMN report.settlement_delay.mean_days IS 'Mean delay of settled items, days.';
COMMENT ON COLUMN report.settlement_delay.median_days IS 'Median delay, days.';
COMMENT ON COLUMN report.settlement_delay.longest_days IS 'Longest delay, days.';
COMMENT ON COLUMN report.settlement_delay.account_id IS 'The account''s number in the schema pool.';
