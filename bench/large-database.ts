import { withLargeDatabase } from './large-data';

/**
 * Builds the data on which the reports are promised to be fast, 1.46 million ledger rows and 7.3 million worker-days, says
 * the database's address and keeps it running until it is interrupted (half an hour to build, 6 GB):
 *
 *     node -r ./test/support/typescript-hook.cjs bench/large-database.ts
 */
async function main(): Promise<void> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  await withLargeDatabase(log, async (url) => {
    process.stdout.write(`${url}\n`);
    await new Promise(() => undefined);
  });
}

void main();
