// Writes docs/data-dictionary.md: its test does so when asked, since it has a migrated database at hand.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', 'test/integration/docs/data-dictionary.test.ts'],
  { stdio: 'inherit', env: { ...process.env, KPOOL_WRITE_DOCS: '1' } },
);
process.exit(status ?? 1);
