import { commandOf } from './command';
import type { EmptiedFacts, WellnessFacts } from './facts';
import { problem, type RuleResult, type Problem } from './problem';

/** Income lists that had rows and are now empty. Their rows are kept; someone has to decide. */
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
      `${lists} ${list} of ${stream} of ${account} ${lists === 1 ? 'is' : 'are'} empty, although ${it} ` +
      `had ${rows} rows, which are kept.`,
    cause: `${name}, since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    // If it really is empty. After seven days, empty responses are believed without this.
    fix: commandOf('sync', stream, '--account', account, '--accept-empty'),
    alert: {
      afterMs: 0,
      endText: `The lists of ${stream} of ${account} have rows again, or are now accepted as empty.`,
      detail: { stream, lists, rows, since: since.toISOString() },
    },
  });
}
