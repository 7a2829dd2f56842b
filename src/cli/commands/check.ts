import { askQueue } from '../../../jobs/ask-queue';
import { judge } from '../../report/wellness/judge';
import { checkEverything } from '../../use-cases/check/everything';
import type { ConfigureCommand } from '../context';
import { withExamples } from '../example';
import { exitByVerdict } from '../output/verdict';

/** `kpool check`: one line for each thing a sync needs, with a hint where it fails. */
export const configureCheck: ConfigureCommand = (command, context) => {
  command.action(async () => {
    const { output, clock, signal } = context;
    const config = context.config();
    const results = await checkEverything({
      config,
      askQueue: (databaseUrl) => askQueue(databaseUrl, config.redisUrl, (line) => output.note(line)),
      clock,
      random: Math.random,
      logger: await context.commandLogger(),
      signal,
      log: (line) => output.note(line),
    });
    output.result(
      results.map((result) => ({ ...result })),
      () =>
        results
          .map(({ name, isWell, text, hint }) => {
            const mark = isWell ? output.colour.green('ok  ') : output.colour.red('FAIL');
            return `${mark}  ${name}: ${text}${hint === null ? '' : `\n      ${hint}`}`;
          })
          .join('\n'),
    );
    const failures = results.filter(({ isWell }) => !isWell);
    exitByVerdict(context, judge({ failedChecks: failures }));
    // Retrying does not help.
    if (failures.some(({ isUsage }) => isUsage === true)) context.exitWith(2);
  });
  withExamples(command, 'kpool check');
};
