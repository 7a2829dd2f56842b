CREATE OR REPLACE FUNCTION report.daily_income_in(time_zone text)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, currency text, day date, settled numeric, pending numeric,
                 other numeric, total numeric, paid numeric, settled_undated numeric, settled_text text, pending_text text,
                 total_text text, paid_text text, items bigint, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
-- BEGIN ATOMIC resolves names at creation, so that callers need no rights on the schema sync.
BEGIN ATOMIC
SELECT a.account_name, a.sub_account, d.puid, d.currency, d.day,
       CASE WHEN d.items > 0 THEN d.settled END AS settled, CASE WHEN d.items > 0 THEN d.pending END AS pending,
       CASE WHEN d.items > 0 THEN d.other END AS other,
       CASE WHEN d.items > 0 THEN d.settled + d.pending + d.other END AS total,
       d.paid, CASE WHEN d.items > 0 THEN d.settled_undated END AS settled_undated,
       CASE WHEN d.items > 0 THEN trim_scale(d.settled)::text END AS settled_text,
       CASE WHEN d.items > 0 THEN trim_scale(d.pending)::text END AS pending_text,
       CASE WHEN d.items > 0 THEN trim_scale(d.settled + d.pending + d.other)::text END AS total_text,
       trim_scale(d.paid)::text AS paid_text, d.items, a.account_id
  -- From report.income_ledger, since callers may not read the stored days.
  FROM (SELECT p.puid, p.currency, p.day, sum(p.settled) AS settled, sum(p.pending) AS pending, sum(p.other) AS other,
               sum(p.paid) AS paid, sum(p.settled_undated) AS settled_undated, sum(p.items)::bigint AS items
          FROM (SELECT i.puid, i.currency, sync.day_of(i.mined_at, time_zone) AS day,
                       CASE WHEN i.status = 'SETTLED' THEN i.amount ELSE 0 END AS settled,
                       CASE WHEN i.status = 'WAIT_SETTLE' THEN i.amount ELSE 0 END AS pending,
                       CASE WHEN i.status NOT IN ('SETTLED', 'WAIT_SETTLE') THEN i.amount ELSE 0 END AS other,
                       0::numeric AS paid,
                       CASE WHEN i.status = 'SETTLED' AND i.settled_at IS NULL THEN i.amount ELSE 0 END AS settled_undated,
                       1 AS items
                  FROM report.income_ledger i
                 UNION ALL
                SELECT i.puid, i.currency, sync.day_of(i.settled_at, time_zone), 0, 0, 0, i.amount, 0, 0
                  FROM report.income_ledger i
                 WHERE i.status = 'SETTLED' AND i.settled_at IS NOT NULL) AS p
         GROUP BY p.puid, p.currency, p.day) AS d
  JOIN report.sub_accounts a ON a.puid = d.puid;
END;

COMMENT ON FUNCTION report.daily_income_in(text) IS 'report.daily_income by days of another time zone, e.g. Europe/Berlin. Computed from the ledger on every call.';
