-- Reading for people and BI tools: schemas pool and report, future tables too, and nothing else.

CREATE FUNCTION sync.grant_reading(role_name name) RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA pool, report TO %I', role_name);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA pool, report TO %I', role_name);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA pool, report GRANT SELECT ON TABLES TO %I', role_name);
END
$$;
COMMENT ON FUNCTION sync.grant_reading(name) IS 'Lets a role read the schemas pool and report, future tables too. To be called by their owner.';

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kpool_reader') THEN
    CREATE ROLE kpool_reader NOLOGIN;
  END IF;
EXCEPTION
  -- Another database of this server made it in the same moment.
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
