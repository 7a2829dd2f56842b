import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { KpoolError } from '../../core/errors';
import { importWorkerGroups, readWorkerGroups, type WorkerGroup } from '../../report/worker-groups';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { numeric } from '../output/table';

function showGroups({ output }: CliContext, groups: readonly WorkerGroup[]): void {
  output.result(
    groups.map((group) => ({ ...group })),
    () =>
      groups.length === 0
        ? 'No groups yet: kpool worker-groups import FILE.'
        : output.table(
            ['prefix', 'site', 'customer', 'model', numeric('workers')],
            groups.map(({ prefix, site, customer, model, workers }) => [
              prefix,
              site,
              customer,
              model,
              String(workers),
            ]),
          ),
  );
}

async function readGroupFile(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new KpoolError('usage.invalid', `${file} cannot be read as UTF-8 text.`, {
      hint: 'Give an existing CSV file, saved as UTF-8.',
      cause,
    });
  }
}

function registerGroupImport(groups: Command, context: CliContext): void {
  const command = groups
    .command('import')
    .description('Replace the groups with those in a CSV file: prefix,site,customer,model')
    .argument('<file>', 'the CSV file, with a header line')
    .action(async (file: string) => {
      const text = await readGroupFile(file);
      const imported = await workOnDatabase(context, 'worker-groups', async (sql) => {
        await importWorkerGroups(sql, text);
        return readWorkerGroups(sql);
      });
      showGroups(context, imported);
      const idle = imported.filter(({ workers }) => workers === 0).map(({ prefix }) => prefix);
      if (idle.length > 0) context.output.warn(`kpool: no listed worker matches ${idle.join(', ')}.`);
    });
  withExamples(command, 'kpool worker-groups import groups.csv');
}

function registerGroupList(groups: Command, context: CliContext): void {
  const command = groups
    .command('list')
    .description('List the groups, and how many listed workers are in each')
    .action(async () =>
      showGroups(context, await workOnDatabase(context, 'worker-groups', readWorkerGroups)),
    );
  withExamples(command, 'kpool worker-groups list', 'kpool worker-groups list --json');
}

/** `kpool worker-groups`: the site, customer and model of machines, by name prefix. */
export const configureWorkerGroups: ConfigureCommand = (groups, context) => {
  registerGroupImport(groups, context);
  registerGroupList(groups, context);
  withExamples(groups, 'kpool worker-groups import groups.csv');
};
