-- Since when an account has the key that it has: whose key it is has to be seen before its data are mixed with others.

ALTER TABLE pool.accounts ADD COLUMN key_since timestamptz NOT NULL DEFAULT sync.now();
COMMENT ON COLUMN pool.accounts.key_since IS 'Since when the account has the credentials that key_fingerprint stands for.';
COMMENT ON COLUMN pool.accounts.key_fingerprint IS 'Start of the SHA-256 of the credentials; tells them apart and reveals none.';
