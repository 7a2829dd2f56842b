import { millisecondsInDay } from 'date-fns/constants';
import { Command } from 'commander';
import { buildLargeDatabase } from './large-data';

/**
 * Builds the data on which the reports are promised to be fast, says the database's address and keeps it running until it
 * is interrupted:
 *
 *     node -r ./test/support/typescript-hook.cjs bench/large-database.ts --help
 */
async function main({ share }: { readonly share: string }): Promise<void> {
  const { url } = await buildLargeDatabase((line) => void process.stderr.write(`${line}\n`), Number(share));
  process.stdout.write(`${url}\n`);
  // The server is no child of this process: nothing else keeps it here to end the server when it is interrupted.
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
