import { escapeHtml, htmlTable } from './html';
import { htmlPage, instant } from './page';
import type { ServiceStatus } from '../report/service-status';
import type { Severity } from '../report/wellness/problem';

const LOOKS: Readonly<Record<Severity, string>> = { critical: 'ill', warning: 'ill', progress: 'busy' };

function verdictHtml({ wellness }: ServiceStatus): string {
  const { problems } = wellness;
  if (problems.length === 0) return '<p class="well">All is well.</p>';
  const items = problems.map(
    ({ severity, what, cause, mend }) =>
      `<li class="${LOOKS[severity]}">${escapeHtml(what)}${cause === null ? '' : ` ${escapeHtml(cause)}`}` +
      ` <code>${escapeHtml(mend)}</code></li>`,
  );
  return `<ul>${items.join('\n')}</ul>`;
}

/** How everything is doing. `hasQueue`: the jobs have a page, too. */
export function statusPage(data: ServiceStatus, now: Date, hasQueue: boolean): string {
  const open = data.backfill.filter(({ isComplete }) => !isComplete);
  const body = `<h1>kpool</h1>${verdictHtml(data)}${hasQueue ? '<p><a href="/queues">Jobs</a></p>' : ''}
<h2>Accounts</h2>${htmlTable(
    ['account', 'status', 'why'],
    data.accounts.map(({ account, status, reason }) => [account, status, reason]),
  )}
<h2>Freshness</h2>${htmlTable(
    ['account', 'stream', 'last success', 'scopes', 'failing', 'degraded rows', 'state'],
    data.freshness.map((row) => [
      row.account,
      row.stream,
      instant(row.lastSuccessAt),
      String(row.scopes),
      String(row.failingScopes),
      row.degradedRows,
      row.state,
    ]),
  )}
<h2>History</h2><p>${data.backfill.length - open.length} of ${data.backfill.length} histories are complete.</p>${
    open.length === 0
      ? ''
      : htmlTable(
          ['account', 'stream', 'sub-account', 'algorithm', 'read back to', 'windows', 'rows'],
          open.map((row) => [
            row.account,
            row.stream,
            row.subAccount,
            row.algo,
            instant(row.completeFrom),
            String(row.windows),
            row.rows,
          ]),
        )
  }
<h2>Failures</h2>${
    data.failures.length === 0
      ? '<p>None.</p>'
      : htmlTable(
          ['at', 'account', 'stream', 'puid', 'algorithm', 'outcome', 'message'],
          data.failures.map((row) => [
            instant(row.at),
            row.account,
            row.stream,
            row.puid,
            row.algo,
            row.outcome,
            row.message,
          ]),
        )
  }`;
  return htmlPage('kpool', body, now);
}
