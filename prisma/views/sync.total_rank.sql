-- The pool's decimals may be rounded or cut off. A total with fewer than two decimals is too imprecise for such a match.
CREATE OR REPLACE FUNCTION sync.total_rank(pool_total numeric, digits integer, amount numeric) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN amount = pool_total THEN 1
            WHEN digits >= 2 AND pool_total IN (round(amount, digits), trunc(amount, digits)) THEN 2
            ELSE 3 END;

COMMENT ON FUNCTION sync.total_rank(numeric, integer, numeric) IS 'How an amount fits a total of the pool. 1: equal; 2: equal to the digits that the pool gives; 3: neither.';
