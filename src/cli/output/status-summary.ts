import type { BackfillState, FailureState, ServiceStatus } from '../../report/status/service-status';
import type { StreamFreshness } from '../../report/status/stream-freshness';
import { isWell } from '../../report/wellness/judge';
import { toPublicProblem } from '../../report/wellness/problem';
import type { OutputJson } from './json';
import { formatCount } from './numbers';
import type { Output } from './output';
import { numeric } from './table';
import { formatRelative } from './times';
import { formatVerdict } from './verdict';

export interface StatusView extends ServiceStatus {
  readonly rateScope: string;
  readonly requestsPerSecond: number;
}

/** Histories listed; the rest are counted. */
const MAX_HISTORIES = 20;

export function describeFreshness({ failingScopes, state, degradedRows }: StreamFreshness): string {
  const text = state === 'failing' ? `${failingScopes} failing` : state;
  return degradedRows === '0' ? text : `${text}, ${degradedRows} degraded`;
}

function formatRateLimit({ rateScope, requestsPerSecond, keysPacedAsWhole }: StatusView): string {
  const rate = formatCount(requestsPerSecond, 'request');
  if (rateScope !== 'auto') return `Rate limit: ${rate} a second per ${rateScope}.`;
  return keysPacedAsWhole === 0
    ? `Rate limit: ${rate} a second per endpoint.`
    : `Rate limit: ${rate} a second per endpoint; for the key as a whole for ${formatCount(keysPacedAsWhole, 'key')} that the pool throttled ` +
        '(KUCOIN_POOL_RATE_SCOPE=endpoint undoes that).';
}

/** For `--json`. */
export function toStatusJson(status: StatusView): OutputJson {
  return {
    isWell: isWell(status.wellness),
    problems: status.wellness.problems.map(toPublicProblem),
    accounts: status.accounts.map((row) => ({ ...row })),
    streams: status.freshness.map((row) => ({
      ...row,
      lastSuccessAt: row.lastSuccessAt?.toISOString() ?? null,
      state: describeFreshness(row),
    })),
    histories: status.backfill.map((row) => ({
      ...row,
      completeFrom: row.completeFrom?.toISOString() ?? null,
    })),
    failures: status.failures.map((row) => ({ ...row, at: row.at.toISOString() })),
    pace: {
      requestsPerSecond: status.requestsPerSecond,
      scope: status.rateScope,
      keysPacedAsWhole: status.keysPacedAsWhole,
    },
  };
}

export function formatStatus(output: Output, status: StatusView, nowMs: number): string {
  const { wellness, freshness, backfill, failures } = status;
  const heading = (text: string): string => `\n${output.colour.bold(text)}`;
  const open = backfill.filter(({ isComplete }) => !isComplete);
  return [
    formatVerdict(output, wellness),
    heading('Freshness'),
    output.table(
      ['account', 'stream', numeric('scopes'), 'last success', 'state'],
      freshness.map((row) => [
        row.account,
        row.stream,
        String(row.scopes),
        row.lastSuccessAt === null ? null : formatRelative(row.lastSuccessAt.getTime(), nowMs),
        describeFreshness(row),
      ]),
    ),
    heading(
      `History: ${backfill.length - open.length} of ${formatCount(backfill.length, 'income list')} read to the beginning`,
    ),
    ...(open.length === 0 ? [] : [formatHistories(output, open)]),
    ...(open.length > MAX_HISTORIES ? [`… and ${open.length - MAX_HISTORIES} more.`] : []),
    ...(failures.length === 0 ? [] : [heading('Failures'), formatFailures(output, failures, nowMs)]),
    '',
    formatRateLimit(status),
  ].join('\n');
}

function formatHistories(output: Output, open: readonly BackfillState[]): string {
  return output.table(
    ['account', 'stream', 'sub-account', 'algo', 'read back to', numeric('windows'), numeric('rows')],
    open
      .slice(0, MAX_HISTORIES)
      .map((row) => [
        row.account,
        row.stream,
        row.subAccount,
        row.algo,
        row.completeFrom?.toISOString().slice(0, 10) ?? null,
        String(row.windows),
        row.rows,
      ]),
  );
}

function formatFailures(output: Output, failures: readonly FailureState[], nowMs: number): string {
  return output.table(
    ['when', 'scope', 'outcome', 'reason'],
    failures.map((row) => [
      formatRelative(row.at.getTime(), nowMs),
      [row.account, row.stream, row.puid, row.algo].filter((part) => part !== null).join(' / '),
      row.outcome,
      row.message,
    ]),
  );
}
