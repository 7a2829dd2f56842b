CREATE OR REPLACE FUNCTION report.daily_income_in(time_zone text)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, currency text, day date, settled numeric, pending numeric,
                 other numeric, total numeric, paid numeric, settled_undated numeric, settled_text text, pending_text text,
                 total_text text, paid_text text, items bigint, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
-- Resolved when it is made: whoever calls it need not see the schema sync.
BEGIN ATOMIC
SELECT p.account_name, p.sub_account, p.puid, p.currency, p.day, sum(p.settled), sum(p.pending), sum(p.other),
       sum(p.settled + p.pending + p.other), sum(p.paid), sum(p.settled_undated),
       trim_scale(sum(p.settled))::text, trim_scale(sum(p.pending))::text,
       trim_scale(sum(p.settled + p.pending + p.other))::text, trim_scale(sum(p.paid))::text,
       sum(p.items)::bigint, p.account_id
  FROM (SELECT l.account_name, l.sub_account, l.account_id, l.puid, l.currency,
               sync.day_of(l.mined_at, time_zone) AS day,
               CASE WHEN l.status = 'SETTLED' THEN l.amount ELSE 0 END AS settled,
               CASE WHEN l.status = 'WAIT_SETTLE' THEN l.amount ELSE 0 END AS pending,
               CASE WHEN l.status NOT IN ('SETTLED', 'WAIT_SETTLE') THEN l.amount ELSE 0 END AS other,
               0::numeric AS paid,
               CASE WHEN l.status = 'SETTLED' AND l.settled_at IS NULL THEN l.amount ELSE 0 END AS settled_undated,
               1 AS items
          FROM report.income_ledger l
         UNION ALL
        SELECT l.account_name, l.sub_account, l.account_id, l.puid, l.currency,
               sync.day_of(l.settled_at, time_zone), 0, 0, 0, l.amount, 0, 0
          FROM report.income_ledger l
         WHERE l.status = 'SETTLED' AND l.settled_at IS NOT NULL) AS p
 GROUP BY p.account_name, p.sub_account, p.account_id, p.puid, p.currency, p.day;
END;

COMMENT ON FUNCTION report.daily_income_in(text) IS 'report.daily_income by the days of another time zone, e.g. Europe/Berlin. Added up from the ledger on every call.';
