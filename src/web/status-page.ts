import { escapeHtml, htmlTable } from './html';
import { htmlPage, instant } from './page';
import type { StatusData } from './status-data';

function verdictOf({ accounts, freshness }: StatusData): { look: 'well' | 'busy' | 'ill'; text: string } {
  const troubles = freshness.filter(({ isLate, failingScopes }) => isLate || failingScopes > 0).length;
  const stopped = accounts.filter(({ status }) => status !== 'ok').length;
  if (troubles + stopped > 0)
    return { look: 'ill', text: `${troubles} stream(s) late or failing, ${stopped} account(s) stopped.` };
  const read = freshness.filter(({ lastSuccessAt }) => lastSuccessAt !== null).length;
  if (read < freshness.length)
    return { look: 'busy', text: `First sync: ${read} of ${freshness.length} streams were read whole.` };
  return {
    look: 'well',
    text: accounts.length === 0 ? 'Nothing was synced yet.' : 'Everything is up to date.',
  };
}

/** How everything is doing. `hasQueue`: the jobs have a page, too. */
export function statusPage(data: StatusData, now: Date, hasQueue: boolean): string {
  const { look, text } = verdictOf(data);
  const open = data.backfill.filter(({ isComplete }) => !isComplete);
  const body = `<h1>kpool</h1><p class="${look}">${escapeHtml(text)}</p>${hasQueue ? '<p><a href="/queues">Jobs</a></p>' : ''}
<h2>Accounts</h2>${htmlTable(
    ['account', 'status', 'why'],
    data.accounts.map(({ account, status, reason }) => [account, status, reason]),
  )}
<h2>Freshness</h2>${htmlTable(
    ['account', 'stream', 'last success', 'scopes', 'failing', 'state'],
    data.freshness.map((row) => [
      row.account,
      row.stream,
      instant(row.lastSuccessAt),
      String(row.scopes),
      String(row.failingScopes),
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
