import { commandOf } from './command';
import type { EmptiedFacts, WellnessFacts } from './facts';
import { problem, type RuleResult, type Problem } from './problem';

/** Lists of income that held rows and show none: nothing is taken back for that, and a person has to know. */
export function emptiedLists({ emptied = [] }: WellnessFacts): RuleResult {
  return { problems: emptied.map(emptiedList) };
}

function emptiedList({ account, stream, lists, rows, since, name }: EmptiedFacts): Problem {
  const [list, it] = lists === 1 ? ['list', 'it'] : ['lists', 'they'];
  return problem({
    subject: `emptied/${account}/${stream}`,
    kind: 'list-emptied',
    account,
    what:
      `${lists} ${list} of ${stream} of ${account} ${lists === 1 ? 'shows' : 'show'} no row any more, although ${it} ` +
      `held ${rows}: all of them are kept as they were.`,
    cause: `${name}, since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    // If it is really empty; seven days of empty answers are believed without that.
    fix: commandOf('sync', stream, '--account', account, '--accept-empty'),
    alert: {
      afterMs: 0,
      endText: `The lists of ${stream} of ${account} show rows again, or are believed to be empty.`,
      detail: { stream, lists, rows, since: since.toISOString() },
    },
  });
}
