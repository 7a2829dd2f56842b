import { millisecondsInMinute } from 'date-fns/constants';
import { commandOf } from './command';
import type { FreshnessFacts, QuarantineFacts, RunFacts, WellnessFacts } from './facts';
import { problem, type RuleResult, type Problem, type ProblemAlert } from './problem';

/** A service that was down overnight is late in every stream when it starts, and catches up within minutes. */
const CATCH_UP_MS = 10 * millisecondsInMinute;

/** What is known of one stream of one account. */
interface StreamFacts {
  readonly account: string;
  readonly stream: string;
  readonly freshness: FreshnessFacts | null;
  readonly run: RunFacts | null;
  readonly open: number;
  readonly emptied: number;
}

/**
 * Streams that are late or whose latest syncs did not succeed, and rows in quarantine. Streams of a stopped account are
 * not judged: the account itself is the problem.
 */
export function streamProblems(facts: WellnessFacts): RuleResult {
  const stopped = new Set(
    (facts.accounts ?? []).filter(({ status }) => status !== 'ok').map((a) => a.account),
  );
  const streams = streamsOf(facts);
  return {
    problems: [
      ...streams.filter(({ account }) => !stopped.has(account)).flatMap(findProblem),
      ...(facts.quarantine ?? []).filter(({ open }) => open > 0).map(quarantinedRows),
    ],
    unjudged: streams.filter(({ account }) => stopped.has(account)).map(formatStreamSubject),
  };
}

function streamsOf({
  freshness = [],
  runs = [],
  quarantine = [],
  emptied = [],
}: WellnessFacts): readonly StreamFacts[] {
  const names = new Map([...freshness, ...runs].map((facts) => [formatStreamSubject(facts), facts]));
  return [...names.values()].map(({ account, stream }) => {
    const isOf = (facts: { readonly account: string; readonly stream: string }): boolean =>
      facts.account === account && facts.stream === stream;
    return {
      account,
      stream,
      freshness: freshness.find(isOf) ?? null,
      run: runs.find(isOf) ?? null,
      open: quarantine.find(isOf)?.open ?? 0,
      emptied: emptied.find(isOf)?.lists ?? 0,
    };
  });
}

function formatStreamSubject({
  account,
  stream,
}: {
  readonly account: string;
  readonly stream: string;
}): string {
  return `stream/${account}/${stream}`;
}

/** The most serious problem of a stream, at most one. */
function findProblem(facts: StreamFacts): Problem[] {
  const { freshness, run, open, emptied } = facts;
  if (freshness?.isLate === true) return [lateStream(facts, freshness)];
  if (run === null) return [];
  if (run.failed > 0) return [unsuccessfulStream(facts, run, 'stream-failing')];
  // Rows in quarantine and emptied lists make a run partial, and have problems of their own.
  if (run.partial > emptied && open === 0) return [unsuccessfulStream(facts, run, 'stream-partial')];
  return run.unfinished > 0 ? [unsuccessfulStream(facts, run, 'stream-unfinished')] : [];
}

function lateStream(facts: StreamFacts, { everyMs, lastSuccessAt }: FreshnessFacts): Problem {
  const { account, stream } = facts;
  const reason = facts.run?.reason ?? null;
  const last =
    lastSuccessAt === null
      ? 'it has never succeeded'
      : `it last succeeded at ${lastSuccessAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return problem({
    subject: formatStreamSubject(facts),
    kind: 'stream-late',
    account,
    what: `The stream ${stream} of ${account} is late: ${last}, and is due every ${intervalText(everyMs)}.`,
    cause: reason === null ? null : `The last failure: ${reason}`,
    fix: 'kpool check',
    alert: createStreamAlert(facts),
  });
}

const VERBS = {
  'stream-failing': { count: 'failed', verb: 'failed' },
  'stream-partial': { count: 'partial', verb: 'were read only in part' },
  'stream-unfinished': { count: 'unfinished', verb: 'did not finish' },
} as const;

function unsuccessfulStream(facts: StreamFacts, run: RunFacts, kind: keyof typeof VERBS): Problem {
  const { account, stream, freshness } = facts;
  const { count, verb } = VERBS[kind];
  const isStuck = (freshness?.stuckScopes ?? 0) > 0;
  return problem({
    subject: formatStreamSubject(facts),
    kind,
    account,
    what:
      `${stream} of ${account}: ${run[count]} of ${run.scopes} ${run.scopes === 1 ? 'scope' : 'scopes'} ${verb}` +
      `${isStuck ? ' repeatedly' : ''}.`,
    cause: run.reason,
    fix: commandOf('sync', stream, '--account', account),
    // A single failure is retried; only a persistent one is alerted.
    alert: isStuck ? createStreamAlert(facts) : null,
  });
}

function createStreamAlert({ account, stream, freshness, run }: StreamFacts): ProblemAlert {
  return {
    afterMs: CATCH_UP_MS,
    endText: `The stream ${stream} of ${account} is up to date again.`,
    detail: {
      stream,
      everyMs: freshness?.everyMs ?? null,
      lastSuccessAt: freshness?.lastSuccessAt?.toISOString() ?? null,
      scopes: run?.scopes ?? null,
      stuckScopes: freshness?.stuckScopes ?? null,
      lastError: run?.reason ?? null,
    },
  };
}

function quarantinedRows({ account, stream, open }: QuarantineFacts): Problem {
  return problem({
    subject: `quarantine/${account}/${stream}`,
    kind: 'rows-quarantined',
    account,
    what: `${open} ${open === 1 ? 'row' : 'rows'} of ${stream} of ${account} could not be parsed and ${open === 1 ? 'is' : 'are'} in quarantine.`,
    cause: null,
    fix: 'kpool quarantine list',
    alert: {
      afterMs: 0,
      endText: `No rows of ${stream} of ${account} are in quarantine.`,
      detail: { stream, open },
    },
  });
}

function intervalText(ms: number): string {
  return ms % (60 * millisecondsInMinute) === 0
    ? `${ms / (60 * millisecondsInMinute)} h`
    : `${Math.round(ms / millisecondsInMinute)} min`;
}
