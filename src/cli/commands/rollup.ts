import { Option } from 'commander';
import { DAY_MS } from '../../core/day';
import { createStoreClient } from '../../store/client';
import { recomputeFleet } from '../../store/fleet/recompute';
import { KpoolError } from '../../core/errors';
import type { ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { formatCount } from '../output/numbers';
import { parseDay } from '../time-arguments';

/** `kpool rollup`: recomputes the fleet's hourly and daily figures from the stored samples. */
export const configureRollup: ConfigureCommand = (command, context) => {
  command
    .addOption(new Option('--from <day>', 'the first day (UTC)').argParser(parseDay).makeOptionMandatory())
    .addOption(
      new Option('--to <day>', 'the last day, inclusive (UTC); default: the first').argParser(parseDay),
    )
    .action(async ({ from, to = from }: { from: number; to?: number }) => {
      if (to < from) {
        throw new KpoolError('usage.invalid', '--from is after --to.', {
          hint: '--from must be the earlier day.',
        });
      }
      await workOnDatabase(context, 'rollup', async (_sql, database) => {
        const { output } = context;
        const client = createStoreClient({
          url: database.url,
          maxConnections: 1,
          applicationName: 'kpool rollup',
        });
        try {
          const done = await output.withProgress((progress) =>
            recomputeFleet(client, { fromMs: from, toMs: to + DAY_MS }, (state) =>
              progress.update('hours', { done: state.hours + state.hoursKept, total: null }),
            ),
          );
          output.result({ ...done }, () =>
            [
              done.fleets === 0
                ? 'There was nothing to recompute: no machines were sampled in these days.'
                : `${formatCount(done.hours, 'hour')} and ${formatCount(done.days, 'day')} of ${formatCount(done.fleets, 'fleet')} recomputed.`,
              ...(done.hoursKept > 0
                ? [`${formatCount(done.hoursKept, 'hour')} not recomputed: their samples have been deleted.`]
                : []),
            ].join('\n'),
          );
        } finally {
          await client.$disconnect();
        }
      });
    });
  withExamples(command, 'kpool rollup --from 2026-10-01 --to 2026-10-31');
};
