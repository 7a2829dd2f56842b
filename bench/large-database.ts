import { millisecondsInDay } from 'date-fns/constants';
import { Command } from 'commander';
import { buildLargeDatabase } from './large-data';

/**
 * Builds the data on which the limits of the reports are measured, prints the database's address, and keeps it running
 * until interrupted:
 *
 *     node -r ./test/support/typescript-hook.cjs bench/large-database.ts --help
 */
async function main({ share }: { readonly share: string }): Promise<void> {
  const { url } = await buildLargeDatabase((line) => void process.stderr.write(`${line}\n`), Number(share));
  process.stdout.write(`${url}\n`);
  // The server is not a child of this process, which would exit now and leave it running.
  setInterval(() => undefined, millisecondsInDay);
}

void new Command('bench/large-database.ts')
  .description(
    'Builds 1.46 million ledger rows and 7.3 million worker-days in a server of its own, prints its address for ' +
      'DATABASE_URL, and keeps it running until it is interrupted. Takes about a quarter of an hour and 4 GB.',
  )
  .option('--share <share>', 'of the sub-accounts and machines, e.g. 0.02', '1')
  .action(main)
  .parseAsync();
