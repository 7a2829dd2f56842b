-- Tries definitions of what an account's totals count by type of reward, for accounts whose totals fit no definition by list
-- and status (sync.compared_totals). A definition is a choice of
--   side     0 settled, 1 settled and pending, of rewards that count; 4 and 5 the same, of all rewards
--   earns    whether earnings count as well
--   types    the types of rewards that count, or those that do not, whichever are fewer
-- and its number (kind) encodes side, earns and which of the two types are: see the function's comment. The amounts of every
-- type and side are computed once (sides, totals), so that trying a definition is only adding some of them up.
CREATE OR REPLACE FUNCTION sync.definitions_by_type(of_account smallint)
  RETURNS TABLE (kind integer, types text[], definition text, place bigint, currency text, observed_at timestamptz, amount numeric)
  LANGUAGE sql STABLE
  AS $$
WITH given AS MATERIALIZED (
  SELECT coalesce(puid, -1) AS place, currency, observed_at, pool_total, digits, earnings_settled AS settled,
         earnings_settled + earnings_pending + earnings_other AS pending_too,
         left_out_settled, left_out_settled + left_out_pending + left_out_other AS left_out_pending_too
    FROM sync.compared_totals WHERE account_id = of_account AND pool_total IS NOT NULL
), instants AS MATERIALIZED (
  -- Totals between which the ledger did not change are compared with the same state of it.
  SELECT observed_at, sync.last_ledger_commit(observed_at) AS known_at
    FROM (SELECT DISTINCT observed_at FROM given) AS g
), rewards AS MATERIALIZED (
  SELECT k.known_at, r.puid, r.currency, r.type, r.status = 'SETTLED' AS is_settled, sum(r.amount) AS amount, 0 AS left_out
    FROM (SELECT DISTINCT known_at FROM instants) AS k
    JOIN pool.reward_revisions r ON r.valid_from <= k.known_at AND (r.valid_to IS NULL OR r.valid_to > k.known_at) AND r.withdrawn_at IS NULL
    JOIN pool.sub_accounts s ON s.puid = r.puid AND s.account_id = of_account
   GROUP BY 1, 2, 3, 4, 5
   UNION ALL
  -- Left-out merged mining, of which there is little; what is left out only by definition counts here, as in
  -- sync.compared_totals. The other left-out rewards are all MINING_EARN, whose sum follows below from the sum of all that are
  -- left out, without looking for the earning of each.
  SELECT k.known_at, i.puid, i.currency, i.type, i.status = 'SETTLED', 0, sum(i.amount)
    FROM (SELECT DISTINCT known_at FROM instants) AS k
   CROSS JOIN LATERAL (
     SELECT puid, currency, type, status, amount FROM sync.income_items_as_of(k.known_at) i
      WHERE i.account_id = of_account AND i.type = 'UNITE_COIN_EARN' AND i.source = 'left out' AND i.repeats <> 'day'
     OFFSET 0) AS i
   GROUP BY 1, 2, 3, 4, 5
), sides AS MATERIALIZED (
  -- The amount of each type, by side.
  SELECT place, currency, type, side, amount - CASE WHEN side < 4 THEN left_out ELSE 0 END AS amount, left_out
    FROM (SELECT place, currency, type, side, amount,
                 CASE type WHEN 'MINING_EARN' THEN all_left_out - sum(left_out) OVER (PARTITION BY place, currency, side)
                           ELSE left_out END AS left_out
            FROM (SELECT g.place, g.currency, r.type, v.side, sum(r.amount) AS amount, sum(r.left_out) AS left_out,
                         CASE WHEN v.pending_too THEN g.left_out_pending_too ELSE g.left_out_settled END AS all_left_out
                    FROM given g
                    JOIN instants USING (observed_at)
                    JOIN rewards r ON r.known_at = instants.known_at AND r.currency = g.currency AND g.place IN (r.puid, -1)
                    JOIN (VALUES (0, false), (1, true), (4, false), (5, true)) AS v (side, pending_too) ON r.is_settled OR v.pending_too
                   GROUP BY g.place, g.currency, r.type, v.side, v.pending_too, g.left_out_pending_too, g.left_out_settled) AS s) AS s
), totals AS MATERIALIZED (
  SELECT g.*, v.side, CASE WHEN v.side IN (0, 4) THEN g.settled ELSE g.pending_too END AS earned, s.types, s.amounts
    FROM given g
   CROSS JOIN (VALUES (0), (1), (4), (5)) AS v (side)
    LEFT JOIN (SELECT place, currency, side, array_agg(type ORDER BY type) AS types, array_agg(amount ORDER BY type) AS amounts
                 FROM sides GROUP BY place, currency, side) AS s USING (place, currency, side)
), known AS (
  SELECT side, array_agg(type ORDER BY type) AS types, array_agg(type ORDER BY type) FILTER (WHERE is_left_out) AS left_out
    FROM (SELECT side, type, bool_or(left_out <> 0) AS is_left_out FROM sides GROUP BY side, type HAVING bool_or(amount <> 0)) AS s
   GROUP BY side
  -- A limit, since each further type doubles the number of definitions.
  HAVING count(*) <= 7
), proven AS (
  SELECT p.kind, p.types, p.definition FROM sync.total_definitions p
   WHERE p.account_id = of_account ORDER BY p.since DESC LIMIT 1
), definitions AS MATERIALIZED (
  -- Every choice of types, as the bits of `chosen`. A definition is named by the types that it counts or by those that it leaves
  -- out, whichever are fewer, so that its name stays the same when a further type appears.
  SELECT k.side, e.earns, n.is_only, CASE WHEN n.is_only THEN c.counted ELSE c.missing END AS types,
         16 + k.side + CASE WHEN e.earns THEN 0 ELSE 2 END + CASE WHEN n.is_only THEN 8 ELSE 0 END AS kind
    FROM known k
   CROSS JOIN LATERAL generate_series(1, (1 << cardinality(k.types)) - 1) AS chosen
   CROSS JOIN LATERAL (
     SELECT coalesce(array_agg(type ORDER BY type) FILTER (WHERE chosen & (1 << n::integer - 1) > 0), '{}') AS counted,
            coalesce(array_agg(type ORDER BY type) FILTER (WHERE chosen & (1 << n::integer - 1) = 0), '{}') AS missing
       FROM unnest(k.types) WITH ORDINALITY AS u (type, n)) AS c
   CROSS JOIN (VALUES (true), (false)) AS e (earns)
   CROSS JOIN LATERAL (SELECT cardinality(c.counted) < cardinality(c.missing) AS is_only) AS n
   WHERE CASE WHEN k.side < 4 THEN cardinality(c.missing) > 0 OR NOT e.earns
              -- "All rewards" differs from "rewards that count" only if a chosen type has left-out rewards; all rewards of all types
              -- are a definition by list.
              ELSE cardinality(c.missing) > 0 AND c.counted && k.left_out END
   UNION
  SELECT (kind - 16) & 5, (kind - 16) & 2 = 0, (kind - 16) & 8 > 0, types, kind FROM proven WHERE kind >= 16
), amounts AS (
  SELECT d.kind, d.types, t.place, t.currency, t.observed_at, a.amount,
         sync.total_rank(t.pool_total, t.digits, a.amount) < 3 AS fits
    FROM definitions d
    JOIN totals t USING (side)
   CROSS JOIN LATERAL (
     SELECT CASE WHEN d.earns THEN t.earned ELSE 0 END + coalesce(sum(u.amount), 0) AS amount
       FROM unnest(t.types, t.amounts) AS u (type, amount) WHERE (u.type = ANY (d.types)) = d.is_only) AS a
), fitting AS (
  SELECT kind, types FROM amounts
   GROUP BY kind, types HAVING bool_and(fits) AND count(*) >= 2 AND bool_or(amount <> 0)
   ORDER BY cardinality(types), kind, types LIMIT 5
)
SELECT a.kind, a.types,
       concat(CASE WHEN (a.kind - 16) & 2 = 0 THEN 'earnings and ' END, CASE WHEN (a.kind - 16) & 4 > 0 THEN 'all ' END, 'rewards',
              CASE WHEN a.types = '{}' THEN ' that no earning stands for' WHEN (a.kind - 16) & 8 > 0 THEN ' of ' ELSE ' without ' END,
              array_to_string(a.types, ' and '),
              CASE WHEN (a.kind - 16) & 1 > 0 THEN ', settled and pending' ELSE ', settled' END),
       a.place, a.currency, a.observed_at, a.amount
  FROM amounts a
 WHERE EXISTS (SELECT FROM fitting f WHERE f.kind = a.kind AND f.types = a.types)
    OR EXISTS (SELECT FROM proven p WHERE p.kind = a.kind AND p.types = a.types)
$$;

COMMENT ON FUNCTION sync.definitions_by_type(smallint) IS 'What the ledger comes to beside the latest totals of an account by definitions that leave out or count single types of rewards: the five simplest of those that fit all totals, if there are two or more, and the proven one. Kinds are 16, + 1 with pending income, + 2 without earnings, + 4 with rewards that earnings hold, + 8 where types are those that count, not those left out. Of more than 7 types only the proven one is tried.';
