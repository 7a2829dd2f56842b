CREATE OR REPLACE FUNCTION report.monthly_income_in(time_zone text)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, currency text, month date, settled numeric, pending numeric,
                 other numeric, total numeric, paid numeric, settled_undated numeric, settled_text text, pending_text text,
                 total_text text, paid_text text, items bigint, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
SELECT d.account_name, d.sub_account, d.puid, d.currency, date_trunc('month', d.day::timestamp)::date,
       sum(d.settled), sum(d.pending), sum(d.other), sum(d.total), sum(d.paid), sum(d.settled_undated),
       trim_scale(sum(d.settled))::text, trim_scale(sum(d.pending))::text, trim_scale(sum(d.total))::text,
       trim_scale(sum(d.paid))::text, sum(d.items)::bigint, d.account_id
  FROM report.daily_income_in(time_zone) d
 GROUP BY d.account_name, d.sub_account, d.account_id, d.puid, d.currency, date_trunc('month', d.day::timestamp)::date
$$;

COMMENT ON FUNCTION report.monthly_income_in(text) IS 'report.monthly_income by the months of another time zone, e.g. Europe/Berlin. Added up from the ledger on every call.';
