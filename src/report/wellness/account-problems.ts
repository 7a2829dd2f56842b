import { commandOf } from './command';
import type { AccountFacts, FreshnessFacts, HistoryFacts, LeftOutFacts, WellnessFacts } from './facts';
import { problem, type RuleResult, type Problem } from './problem';

/** Stopped accounts, and accounts whose history is incomplete. */
export function accountProblems(facts: WellnessFacts): RuleResult {
  const { accounts, expected = [], freshness = [], histories = [], leftOut = [] } = facts;
  const unread = histories.filter(({ lists, complete }) => complete < lists).map(incompleteHistory);
  if (accounts === undefined) return { problems: unread };
  const missing = expected.filter((name) => !accounts.some(({ account }) => account === name));
  const untouched = accounts.filter(({ account, status }) => {
    const streams = freshness.filter((stream) => stream.account === account);
    return status === 'ok' && streams.length > 0 && streams.every(isUntouched);
  });
  return {
    problems: [
      ...accounts.filter(({ status }) => status !== 'ok').map(stoppedAccount),
      ...[...missing, ...untouched.map(({ account }) => account)].map(nothingSynced),
      ...(accounts.length + missing.length === 0 ? [nothingSynced(null)] : []),
      ...leftOut.map(leftOutOf),
      ...unread,
    ],
  };
}

/** A new account that is not late yet; lateness is a problem of its own. */
function isUntouched({ lastSuccessAt, isLate }: FreshnessFacts): boolean {
  return lastSuccessAt === null && !isLate;
}

function stoppedAccount({ account, status, reason }: AccountFacts): Problem {
  return problem({
    subject: `account-stopped/${account}`,
    kind: 'account-stopped',
    account,
    what: `The account ${account} is stopped (${status}).`,
    cause: [reason, 'It resumes when its credentials change, or when a manual sync succeeds.']
      .filter((part) => part !== null)
      .join(' '),
    fix: commandOf('sync', '--account', account),
    alert: {
      afterMs: 0,
      endText: `The account ${account} has resumed.`,
      detail: { status, reason },
    },
  });
}

function leftOutOf({ account, subAccounts, names }: LeftOutFacts): Problem {
  return problem({
    subject: `sub-accounts-left-out/${account}`,
    kind: 'sub-accounts-left-out',
    account,
    what: `The API key of ${account} also lists sub-accounts of other accounts, which are skipped: ${names}.`,
    cause: 'Each sub-account belongs to the account whose key listed it first, so that nothing counts twice.',
    fix: commandOf('accounts', 'list'),
    alert: {
      afterMs: 0,
      endText: `The API key of ${account} no longer lists sub-accounts of other accounts.`,
      detail: { subAccounts, names },
    },
  });
}

function incompleteHistory({ account, lists, complete }: HistoryFacts): Problem {
  return problem({
    subject: `history/${account}`,
    kind: 'history-incomplete',
    account,
    what: `First sync of ${account}: ${complete} of ${lists} income lists have been read to the beginning.`,
    cause: null,
    fix: 'kpool status --watch',
  });
}

function nothingSynced(account: string | null): Problem {
  return problem({
    subject: `nothing-synced/${account ?? ''}`,
    kind: 'nothing-synced',
    account,
    what: `Nothing${account === null ? '' : ` of ${account}`} has been synced yet.`,
    cause: null,
    fix: 'kpool start, or kpool sync',
  });
}
