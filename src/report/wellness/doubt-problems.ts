import type { Doubt } from './doubts';
import type { WellnessFacts } from './facts';
import { problem, type RuleResult, type Problem } from './problem';

/** Rows that disappeared on days with a row that could not be parsed, accepted or not: one problem per stream. */
export function doubtProblems({ doubts = [] }: WellnessFacts): RuleResult {
  const streams = new Map<string, Doubt[]>();
  for (const doubt of doubts) {
    const subject = `doubt/${doubt.account}/${doubt.stream}`;
    streams.set(subject, [...(streams.get(subject) ?? []), doubt]);
  }
  return { problems: [...streams].flatMap(([subject, of]) => doubtfulStream(subject, of)) };
}

function doubtfulStream(subject: string, doubts: readonly Doubt[]): Problem[] {
  const [first] = doubts;
  if (first === undefined) return [];
  const { account, stream } = first;
  const rows = doubts.reduce((sum, each) => sum + each.rows, 0);
  const others = doubts.length - 1;
  const where =
    `${first.subAccount} (${first.algo}) ${first.days}` +
    (others === 0 ? '' : `, and ${others} more ${others === 1 ? 'list' : 'lists'}`);
  return [
    problem({
      subject,
      kind: 'days-in-doubt',
      account,
      what:
        `${rows} ${rows === 1 ? 'row' : 'rows'} of ${stream} of ${account} ${rows === 1 ? 'is' : 'are'} in doubt: ` +
        `the pool no longer shows ${rows === 1 ? 'it' : 'them'}, or only as a row that could not be parsed.`,
      cause: `${where}.`,
      fix: 'kpool quarantine list --all',
      alert: {
        afterMs: 0,
        endText: `No rows of ${stream} of ${account} are in doubt.`,
        detail: { stream, rows, where },
      },
    }),
  ];
}
