-- The hash of a JSON text that equals JSON.stringify of the key: src/report/export/rows.ts computes the same id.
CREATE OR REPLACE FUNCTION sync.income_row_id(
    account_name text, puid bigint, algo text, currency text, stream text, type text, mined_at timestamptz, ordinal integer)
  RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT left(encode(sha256(convert_to(concat(
           '["income",', to_json(account_name), ',"', puid, '",', to_json(algo), ',', to_json(currency), ',"', stream, '",',
           coalesce(to_json(type)::text, 'null'), ',"', to_char(mined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           '",', ordinal, ']'), 'UTF8')), 'hex'), 32);
END;

COMMENT ON FUNCTION sync.income_row_id(text, bigint, text, text, text, text, timestamptz, integer) IS 'The id that exports give an item of income.';
