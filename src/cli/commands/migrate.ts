import { openDatabase } from '../../app/database';
import { migrateDatabase } from '../../app/migration';
import type { ConfigureCommand } from '../context';
import { withExamples } from '../example';
import { formatCount } from '../output/numbers';

/** `kpool migrate`: applies pending migrations and changed views, and reports what it applied. */
export const configureMigrate: ConfigureCommand = (command, context) => {
  command.action(async () => {
    const { output, signal } = context;
    const log = (line: string) => output.note(line);
    const database = await openDatabase(context.config(), { log, signal });
    try {
      context.hideAddress(database.url);
      const { applied, alreadyApplied, views } = await migrateDatabase(database, log);
      output.result({ database: database.describe, applied, alreadyApplied, views }, () =>
        applied.length + views.length === 0
          ? `Up to date: ${formatCount(alreadyApplied, 'migration')} applied earlier (${database.describe}).`
          : `Applied ${formatCount(applied.length, 'migration')} and ${formatCount(views.length, 'view')}; ${formatCount(alreadyApplied, 'migration')} applied earlier (${database.describe}).`,
      );
      if (database.psqlHint !== null) output.note(`To query it: ${database.psqlHint}`);
    } finally {
      await database.close();
    }
  });
  withExamples(command, 'kpool migrate');
};
