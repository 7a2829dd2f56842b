import { migrateDatabase } from '../../database/migrate-database';
import type { ConfigureCommand } from '../context';
import { useDatabase } from '../database-work';
import { withExamples } from '../example';
import { formatCount } from '../output/numbers';

/** `kpool migrate`: applies pending migrations and changed views, and reports what it applied. */
export const configureMigrate: ConfigureCommand = (command, context) => {
  command.action(async () =>
    useDatabase(context, async (database) => {
      const { output } = context;
      const { applied, alreadyApplied, views } = await migrateDatabase(database, (line) => output.note(line));
      const earlier = `${formatCount(alreadyApplied, 'migration')} applied earlier (${database.describe}).`;
      output.result({ database: database.describe, applied, alreadyApplied, views }, () =>
        applied.length + views.length === 0
          ? `Up to date: ${earlier}`
          : `Applied ${formatCount(applied.length, 'migration')} and ${formatCount(views.length, 'view')}; ${earlier}`,
      );
      if (database.psqlHint !== null) output.note(`To query it: ${database.psqlHint}`);
    }),
  );
  withExamples(command, 'kpool migrate');
};
