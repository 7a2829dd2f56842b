-- What readers (people and BI tools) may do: read the schemas pool and report, including future tables, and nothing else.

-- BI tools look for primary keys in information_schema, which shows a table's constraints only to roles with more rights on
-- it than SELECT. REFERENCES on one column suffices. It is granted on a column without a unique index, which no foreign key
-- can reference, so that a reader can do nothing else with it, such as blocking our deletes with a key of its own.
CREATE FUNCTION sync.show_keys() RETURNS void
  LANGUAGE plpgsql
  AS $$
DECLARE
  shown record;
BEGIN
  FOR shown IN
    SELECT format('%I', a.attname) AS of_column, format('%I.%I', n.nspname, c.relname) AS of_table, r.role_name
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (
       SELECT a.attname FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey))
        ORDER BY a.attnum DESC LIMIT 1) AS a
     CROSS JOIN LATERAL (
       SELECT quote_ident(g.rolname) AS role_name
         FROM aclexplode(c.relacl) AS x JOIN pg_roles g ON g.oid = x.grantee
        WHERE x.privilege_type = 'SELECT' AND x.grantee <> c.relowner) AS r
     WHERE k.contype = 'p' AND n.nspname IN ('pool', 'report')
  LOOP
    EXECUTE format('GRANT REFERENCES (%s) ON %s TO %s', shown.of_column, shown.of_table, shown.role_name);
  END LOOP;
END
$$;
COMMENT ON FUNCTION sync.show_keys() IS 'Lets readers of the schemas pool and report see primary keys in information_schema. A migration that adds a table ends with it; sync.grant_reading() calls it for a new reader.';

CREATE FUNCTION sync.grant_reading(role_name name) RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA pool, report TO %I', role_name);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA pool, report TO %I', role_name);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA pool, report GRANT SELECT ON TABLES TO %I', role_name);
  PERFORM sync.show_keys();
END
$$;
COMMENT ON FUNCTION sync.grant_reading(name) IS 'Lets a role read the schemas pool and report, future tables too, and see their keys. To be called by their owner.';

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kpool_reader') THEN
    CREATE ROLE kpool_reader NOLOGIN;
  END IF;
EXCEPTION
  -- The role belongs to the server: another database on it may have just created it.
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN
    RAISE NOTICE 'The role kpool_reader was not made: % may not create roles. To let another role read, run as the owner of this database: SELECT sync.grant_reading(''ROLE'');', current_user
      USING HINT = 'Or have an administrator run: CREATE ROLE kpool_reader NOLOGIN; and then, as the owner: SELECT sync.grant_reading(''kpool_reader'');';
END
$$;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kpool_reader') THEN
    PERFORM sync.grant_reading('kpool_reader');
  END IF;
END
$$;
