-- The ledger at the instant of each of the pool's totals, and which definition of a total it fits. Step by step:
--   asked                     the totals, per sub-account
--   known                     the ledger as it is now, from the maintained months
--   moved, moved_now, _then   the days that changed after a total was given: as they are now, and as they were known then
--   learned                   the same days as they are now, but only what was settled by then
--   ledger                    known - moved_now + moved_then, per total
--   candidates, tried         each definition of what a total may count, with its amount and how well it fits
--   fits, chosen, rivals      per account, the one definition for all its totals, and others that fit all of them as well
-- In the first steps, sums are abbreviated: e, r, l, m stand for earnings, rewards, left-out rewards and merged mining (part of
-- r); s, p, o for settled, pending and other statuses.
CREATE OR REPLACE VIEW sync.compared_totals AS
WITH totals AS MATERIALIZED (
  SELECT 'sub-account' AS level, account_id, puid, currency, observed_at, amount, digits FROM sync.latest_sub_account_totals
   UNION ALL
  SELECT 'account', account_id, NULL, currency, observed_at, amount, digits FROM sync.latest_account_totals
), asked AS MATERIALIZED (
  -- An account's total is split into its sub-accounts, whose sums are added up in `ledger`.
  SELECT t.level, s.puid, t.currency, t.observed_at
    FROM totals t JOIN pool.sub_accounts s ON s.account_id = t.account_id AND (t.puid IS NULL OR s.puid = t.puid)
), same AS MATERIALIZED (
  -- Merged mining that is left out by definition counts here: what a definition says must not decide which one fits.
  SELECT puid, count(*) FILTER (WHERE valid_to IS NULL) AS now FROM sync.same_income WHERE type = 'UNITE_COIN_EARN' GROUP BY puid
), known AS MATERIALIZED (
  SELECT m.puid, m.currency,
         sum(earnings_settled) AS es, sum(earnings_pending) AS ep, sum(earnings_other) AS eo,
         sum(rewards_settled + merged_settled * n.now) AS rs, sum(rewards_pending + merged_pending * n.now) AS rp,
         sum(rewards_other + merged_other * n.now) AS ro,
         sum(left_out_settled - merged_settled * n.now) AS ls, sum(left_out_pending - merged_pending * n.now) AS lp,
         sum(left_out_other - merged_other * n.now) AS lo,
         sum(merged_settled) AS ms, sum(merged_pending) AS mp, sum(merged_other) AS mo
    FROM sync.income_months m
    LEFT JOIN same s ON s.puid = m.puid
   CROSS JOIN LATERAL (SELECT coalesce(s.now, 0) AS now) AS n
   GROUP BY m.puid, m.currency
), moved AS MATERIALIZED (
  -- Days with a revision after the pool gave its total: few, and the only ones that have to be read as of then.
  SELECT l.level, l.puid, d.algo, l.currency, d.mining_date, l.observed_at
    FROM asked l
   CROSS JOIN LATERAL (
     SELECT algo, mining_date FROM pool.earning_revisions r
      WHERE r.puid = l.puid AND r.currency = l.currency AND r.valid_from > l.observed_at
      UNION
     SELECT algo, mining_date FROM pool.reward_revisions r
      WHERE r.puid = l.puid AND r.currency = l.currency AND r.valid_from > l.observed_at) AS d
), moved_now AS (
  -- Here and below, an aggregate or OFFSET 0 in the LATERAL part keeps it a look-up per day; otherwise the planner would
  -- join with all days.
  SELECT m.level, m.puid, m.currency,
         -sum(d.es) AS es, -sum(d.ep) AS ep, -sum(d.eo) AS eo,
         -sum(d.rs) AS rs, -sum(d.rp) AS rp, -sum(d.ro) AS ro,
         -sum(d.ls) AS ls, -sum(d.lp) AS lp, -sum(d.lo) AS lo,
         -sum(d.ms) AS ms, -sum(d.mp) AS mp, -sum(d.mo) AS mo
    FROM moved m
    LEFT JOIN same s ON s.puid = m.puid
   CROSS JOIN LATERAL (SELECT coalesce(s.now, 0) AS now) AS n
   CROSS JOIN LATERAL (
     SELECT sum(earnings_settled) AS es, sum(earnings_pending) AS ep, sum(earnings_other) AS eo,
            sum(rewards_settled + merged_settled * n.now) AS rs, sum(rewards_pending + merged_pending * n.now) AS rp, sum(rewards_other + merged_other * n.now) AS ro,
            sum(left_out_settled - merged_settled * n.now) AS ls, sum(left_out_pending - merged_pending * n.now) AS lp, sum(left_out_other - merged_other * n.now) AS lo,
            sum(merged_settled) AS ms, sum(merged_pending) AS mp, sum(merged_other) AS mo
       FROM sync.income_days i
      WHERE i.puid = m.puid AND i.algo = m.algo AND i.currency = m.currency
        AND i.mining_date = m.mining_date) AS d
   GROUP BY m.level, m.puid, m.currency
), moved_then AS (
  SELECT m.level, m.puid, m.currency,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status = 'SETTLED') AS es,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status = 'WAIT_SETTLE') AS ep,
         sum(i.amount) FILTER (WHERE i.source = 'earnings' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS eo,
         sum(i.amount) FILTER (WHERE i.counts AND i.source <> 'earnings' AND i.status = 'SETTLED') AS rs,
         sum(i.amount) FILTER (WHERE i.counts AND i.source <> 'earnings' AND i.status = 'WAIT_SETTLE') AS rp,
         sum(i.amount) FILTER (WHERE i.counts AND i.source <> 'earnings' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS ro,
         sum(i.amount) FILTER (WHERE NOT i.counts AND i.status = 'SETTLED') AS ls,
         sum(i.amount) FILTER (WHERE NOT i.counts AND i.status = 'WAIT_SETTLE') AS lp,
         sum(i.amount) FILTER (WHERE NOT i.counts AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS lo,
         sum(i.amount) FILTER (WHERE i.repeats = 'day' AND i.status = 'SETTLED') AS ms,
         sum(i.amount) FILTER (WHERE i.repeats = 'day' AND i.status = 'WAIT_SETTLE') AS mp,
         sum(i.amount) FILTER (WHERE i.repeats = 'day' AND i.status NOT IN ('SETTLED', 'WAIT_SETTLE')) AS mo
    FROM moved m
   CROSS JOIN LATERAL (
     SELECT t.amount, t.status, t.source, t.repeats, t.source <> 'left out' OR t.repeats = 'day' AS counts
       FROM sync.day_items_as_of(m.observed_at) t
      WHERE t.puid = m.puid AND t.algo = m.algo AND t.currency = m.currency
        AND t.mined_at >= sync.start_of_day(m.mining_date, 'UTC')
        AND t.mined_at < sync.start_of_day(m.mining_date + 1, 'UTC')
     OFFSET 0) AS i
   GROUP BY m.level, m.puid, m.currency
), learned AS (
  -- The pool may settle an item, give a total that includes it, and show it as settled in a list only afterwards. So what is
  -- now known to have been settled by then is another reading of the definition "settled".
  SELECT m.level, m.puid, m.currency, sum(i.amount) AS settled
    FROM moved m
   CROSS JOIN LATERAL (
     SELECT sum(l.amount) AS amount FROM sync.income_items l
      WHERE l.puid = m.puid AND l.algo = m.algo AND l.currency = m.currency
        AND l.mined_at >= sync.start_of_day(m.mining_date, 'UTC')
        AND l.mined_at < sync.start_of_day(m.mining_date + 1, 'UTC')
        AND (l.source <> 'left out' OR l.repeats = 'day')
        AND l.status = 'SETTLED' AND l.settled_at <= m.observed_at) AS i
   GROUP BY m.level, m.puid, m.currency
), parts AS (
  SELECT v.level, k.puid, k.currency, k.es, k.ep, k.eo, k.rs, k.rp, k.ro, k.ls, k.lp, k.lo, k.ms, k.mp, k.mo, k.es + k.rs AS later
    FROM known k CROSS JOIN (VALUES ('account'), ('sub-account')) AS v (level)
   UNION ALL
  SELECT level, puid, currency, es, ep, eo, rs, rp, ro, ls, lp, lo, ms, mp, mo, es + rs FROM moved_now
   UNION ALL
  SELECT level, puid, currency, coalesce(es, 0), coalesce(ep, 0), coalesce(eo, 0),
         coalesce(rs, 0), coalesce(rp, 0), coalesce(ro, 0),
         coalesce(ls, 0), coalesce(lp, 0), coalesce(lo, 0),
         coalesce(ms, 0), coalesce(mp, 0), coalesce(mo, 0), 0 FROM moved_then
   UNION ALL
  SELECT level, puid, currency, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, settled FROM learned
), ledger AS (
  SELECT p.level, s.account_id, CASE p.level WHEN 'sub-account' THEN p.puid END AS puid, p.currency,
         sum(es) AS earnings_settled, sum(ep) AS earnings_pending, sum(eo) AS earnings_other,
         sum(rs) AS rewards_settled, sum(rp) AS rewards_pending, sum(ro) AS rewards_other,
         sum(ls) AS left_out_settled, sum(lp) AS left_out_pending, sum(lo) AS left_out_other,
         sum(ms) AS merged_settled, sum(mp) AS merged_pending, sum(mo) AS merged_other,
         sum(ms * t.same) AS same_settled, sum(mp * t.same) AS same_pending, sum(mo * t.same) AS same_other,
         sum(later) AS settled_later
    FROM parts p
    JOIN pool.sub_accounts s ON s.puid = p.puid
    LEFT JOIN asked a ON a.level = p.level AND a.puid = p.puid AND a.currency = p.currency
   CROSS JOIN LATERAL (
     SELECT count(*) AS same FROM sync.same_income i
      WHERE i.puid = p.puid AND i.type = 'UNITE_COIN_EARN' AND i.valid_from <= coalesce(a.observed_at, 'infinity')
        AND (i.valid_to IS NULL OR i.valid_to > a.observed_at)) AS t
   GROUP BY 1, 2, 3, 4
), beside AS (
  SELECT level, account_id, place, coalesce(t.puid, l.puid) AS puid, currency, t.observed_at, t.amount AS pool_total, t.digits,
         coalesce(l.earnings_settled, 0) AS earnings_settled, coalesce(l.earnings_pending, 0) AS earnings_pending, coalesce(l.earnings_other, 0) AS earnings_other,
         coalesce(l.rewards_settled, 0) AS rewards_settled, coalesce(l.rewards_pending, 0) AS rewards_pending, coalesce(l.rewards_other, 0) AS rewards_other,
         coalesce(l.left_out_settled, 0) AS left_out_settled, coalesce(l.left_out_pending, 0) AS left_out_pending, coalesce(l.left_out_other, 0) AS left_out_other,
         coalesce(l.merged_settled, 0) AS merged_settled, coalesce(l.merged_pending, 0) + coalesce(l.merged_other, 0) AS merged_unsettled,
         coalesce(l.same_settled, 0) AS same_settled, coalesce(l.same_pending, 0) AS same_pending, coalesce(l.same_other, 0) AS same_other,
         coalesce(l.settled_later, 0) AS settled_later
    FROM (SELECT *, coalesce(puid, -1) AS place FROM totals) AS t
    FULL JOIN (SELECT *, coalesce(puid, -1) AS place FROM ledger) AS l USING (level, account_id, place, currency)
), merging AS MATERIALIZED (
  -- Where merged mining inside earnings is neither nothing nor all that rewards add to earnings.
  SELECT account_id FROM beside WHERE pool_total IS NOT NULL
   GROUP BY account_id
  HAVING bool_or(merged_settled <> 0 OR merged_unsettled <> 0)
     AND bool_or(rewards_settled <> merged_settled OR rewards_pending + rewards_other <> merged_unsettled)
), candidates AS MATERIALIZED (
  -- What a total may count, the simplest first. A kind is one definition; kind 1 has two readings, of which the better counts.
  SELECT DISTINCT ON (b.level, b.account_id, b.place, b.currency, v.kind)
         b.level, b.account_id, b.place, b.currency, v.kind, '{}'::text[] AS types, v.definition, v.amount, r.rank
    FROM beside b
   CROSS JOIN LATERAL (VALUES
          (1, 1, 'settled', b.earnings_settled + b.rewards_settled),
          (1, 2, 'settled, of which we learned later', b.settled_later),
          (2, 3, 'settled and pending', b.earnings_settled + b.rewards_settled + b.earnings_pending + b.rewards_pending
                                        + b.earnings_other + b.rewards_other),
          (3, 4, 'earnings, settled', b.earnings_settled),
          (4, 5, 'earnings, settled and pending', b.earnings_settled + b.earnings_pending + b.earnings_other),
          (5, 6, 'rewards, settled', b.rewards_settled + b.left_out_settled),
          (6, 7, 'rewards, settled and pending', b.rewards_settled + b.left_out_settled + b.rewards_pending
                                                 + b.left_out_pending + b.rewards_other + b.left_out_other),
          (7, 8, 'earnings and all rewards, settled', b.earnings_settled + b.rewards_settled + b.left_out_settled),
          (8, 9, 'earnings and all rewards, settled and pending',
                 b.earnings_settled + b.rewards_settled + b.left_out_settled + b.earnings_pending + b.rewards_pending
                 + b.left_out_pending + b.earnings_other + b.rewards_other + b.left_out_other),
          (9, 10, 'settled, merged mining inside earnings', b.earnings_settled + b.rewards_settled - b.merged_settled),
          (9, 11, 'settled, merged mining inside earnings, of which we learned later', b.settled_later - b.merged_settled),
          (10, 12, 'settled and pending, merged mining inside earnings',
                   b.earnings_settled + b.rewards_settled + b.earnings_pending + b.rewards_pending
                   + b.earnings_other + b.rewards_other - b.merged_settled - b.merged_unsettled)
        ) AS v (kind, position, definition, amount)
   CROSS JOIN LATERAL (SELECT sync.total_rank(b.pool_total, b.digits, v.amount) AS rank) AS r
   WHERE b.pool_total IS NOT NULL AND (v.kind < 9 OR b.account_id IN (SELECT m.account_id FROM merging m))
   ORDER BY b.level, b.account_id, b.place, b.currency, v.kind, r.rank, v.position
), tried AS (
  SELECT * FROM candidates
   UNION ALL
  SELECT b.level, b.account_id, b.place, b.currency, t.kind, t.types, v.*
    FROM sync.totals_by_type t JOIN beside b USING (account_id, place, currency, observed_at)
   CROSS JOIN LATERAL (
     SELECT definition, amount, sync.total_rank(b.pool_total, b.digits, amount) AS rank
       FROM (VALUES (1, t.definition, t.amount),
                    (2, t.definition || ', of which we learned later', t.amount + b.settled_later - b.earnings_settled - b.rewards_settled)
            ) AS a (position, definition, amount)
      -- Odd kinds count pending income, so they already include what was settled later.
      WHERE position = 1 OR t.kind % 2 = 0
      ORDER BY rank, position LIMIT 1) AS v
   WHERE b.pool_total IS NOT NULL
), proven AS (
  SELECT DISTINCT ON (account_id) account_id, kind, types, since FROM sync.total_definitions ORDER BY account_id, since DESC
), fits AS (
  SELECT account_id, kind, types, min(definition) AS definition, count(*) AS totals,
         count(*) FILTER (WHERE rank < 3) AS fitting, count(*) FILTER (WHERE rank = 1) AS equal
    FROM tried GROUP BY account_id, kind, types
  -- A definition by one list that amounts to nothing fits every total of 0, which proves nothing.
  HAVING kind <= 2 OR bool_or(rank < 3 AND amount <> 0)
      OR EXISTS (SELECT FROM proven p WHERE p.account_id = tried.account_id AND p.kind = tried.kind AND p.types = tried.types)
), chosen AS (
  -- One definition for all totals of an account: the proven one or, until one is proven, the one that fits most totals.
  SELECT DISTINCT ON (f.account_id) f.account_id, f.kind, f.types, f.totals, f.fitting, p.since
    FROM fits f LEFT JOIN proven p ON p.account_id = f.account_id AND p.kind = f.kind AND p.types = f.types
   ORDER BY f.account_id, p.since NULLS LAST, f.fitting DESC, f.equal DESC, cardinality(f.types), f.kind, f.types
), judged AS MATERIALIZED (
  SELECT d.level, d.account_id, d.place, d.currency, d.definition, d.amount, d.rank
    FROM tried d JOIN chosen c ON c.account_id = d.account_id AND c.kind = d.kind AND c.types = d.types
), rivals AS (
  SELECT c.account_id, string_agg(f.definition, '; ' ORDER BY cardinality(f.types), f.kind, f.types) AS definitions,
         count(*) AS count, min(f.kind) AS kind, min(f.types) AS types
    FROM chosen c JOIN fits f ON f.account_id = c.account_id AND (f.kind, f.types) <> (c.kind, c.types) AND f.fitting = f.totals
   GROUP BY c.account_id
)
SELECT b.level, b.account_id, b.puid, b.currency, b.observed_at, b.pool_total, b.digits,
       b.earnings_settled, b.earnings_pending, b.earnings_other, b.rewards_settled, b.rewards_pending, b.rewards_other,
       b.left_out_settled, b.left_out_pending, b.left_out_other, b.settled_later,
       b.merged_settled, b.merged_unsettled, b.same_settled, b.same_pending, b.same_other,
       d.definition, d.amount, d.rank, r.definitions AS rivals, c.fitting, c.totals, c.kind, c.types, c.since AS proven_since,
       -- Only if there is exactly one rival.
       CASE WHEN r.count = 1 THEN r.kind END AS rival_kind, CASE WHEN r.count = 1 THEN r.types END AS rival_types
  FROM beside b
  LEFT JOIN chosen c ON c.account_id = b.account_id
  LEFT JOIN judged d ON d.level = b.level AND d.account_id = b.account_id AND d.place = b.place AND d.currency = b.currency
  LEFT JOIN rivals r ON r.account_id = b.account_id;

COMMENT ON VIEW sync.compared_totals IS 'The pool''s latest totals compared with the ledger as of the moment of each, by the account''s proven definition or, without one, the definition that fits the most totals. Use report.reconciliation and report.account_reconciliation instead.';
COMMENT ON COLUMN sync.compared_totals.level IS 'sub-account or account.';
COMMENT ON COLUMN sync.compared_totals.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.compared_totals.puid IS 'Sub-account id; null for an account.';
COMMENT ON COLUMN sync.compared_totals.currency IS 'Currency of the amounts.';
COMMENT ON COLUMN sync.compared_totals.observed_at IS 'When the pool reported its total; null: it reported none.';
COMMENT ON COLUMN sync.compared_totals.pool_total IS 'The total.';
COMMENT ON COLUMN sync.compared_totals.digits IS 'Number of decimals in the pool''s totals of this currency.';
COMMENT ON COLUMN sync.compared_totals.earnings_settled IS 'Earnings, settled.';
COMMENT ON COLUMN sync.compared_totals.earnings_pending IS 'Earnings, pending.';
COMMENT ON COLUMN sync.compared_totals.earnings_other IS 'Earnings with an unknown status.';
COMMENT ON COLUMN sync.compared_totals.rewards_settled IS 'Rewards that count as income, settled; also those left out only by definition (same_settled).';
COMMENT ON COLUMN sync.compared_totals.rewards_pending IS 'Rewards that count as income, pending.';
COMMENT ON COLUMN sync.compared_totals.rewards_other IS 'Rewards that count as income, with an unknown status.';
COMMENT ON COLUMN sync.compared_totals.left_out_settled IS 'Settled rewards that duplicate earnings by type or amount.';
COMMENT ON COLUMN sync.compared_totals.left_out_pending IS 'The same, pending.';
COMMENT ON COLUMN sync.compared_totals.left_out_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN sync.compared_totals.merged_settled IS 'Part of rewards_settled that is merged mining beside an earning of its day, with an amount of its own.';
COMMENT ON COLUMN sync.compared_totals.merged_unsettled IS 'The same, pending or with an unknown status.';
COMMENT ON COLUMN sync.compared_totals.same_settled IS 'Part of merged_settled that was left out then, by the account''s proven definition (sync.same_income).';
COMMENT ON COLUMN sync.compared_totals.same_pending IS 'The same, pending.';
COMMENT ON COLUMN sync.compared_totals.same_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN sync.compared_totals.settled_later IS 'Settled income known by now that was settled when the pool reported the total.';
COMMENT ON COLUMN sync.compared_totals.definition IS 'What the total was compared with.';
COMMENT ON COLUMN sync.compared_totals.amount IS 'Their sum.';
COMMENT ON COLUMN sync.compared_totals.rank IS '1: equal; 2: equal to the digits that the pool gives; 3: neither.';
COMMENT ON COLUMN sync.compared_totals.rivals IS 'Other definitions that fit all totals of the account; null if none does.';
COMMENT ON COLUMN sync.compared_totals.fitting IS 'Totals of the account that the definition fits.';
COMMENT ON COLUMN sync.compared_totals.totals IS 'Totals of the account.';
COMMENT ON COLUMN sync.compared_totals.kind IS 'Number of the definition.';
COMMENT ON COLUMN sync.compared_totals.proven_since IS 'When the definition was proven (sync.total_definitions); null: it is the one that fits the most totals.';
COMMENT ON COLUMN sync.compared_totals.types IS 'Types of rewards that the definition names; empty if it names none.';
COMMENT ON COLUMN sync.compared_totals.rival_kind IS 'Number of the definition in rivals, if it is the only one.';
COMMENT ON COLUMN sync.compared_totals.rival_types IS 'Its types of rewards.';
