import { escapeHtml, htmlTable } from './html';
import type { StatusData } from './status-data';

const REFRESH_S = 30;
const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}th{font-weight:600}
.well{color:#136f2d}.ill{color:#a11}@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}th,td{border-color:#333}
.well{color:#6fce8a}.ill{color:#ff8a80}}`;

function instant(at: Date | null): string | null {
  return at === null ? null : `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** One page without scripts, which loads itself again now and then. */
export function statusPage(data: StatusData, now: Date): string {
  const troubles = data.freshness.filter(({ isLate, failingScopes }) => isLate || failingScopes > 0).length;
  const stopped = data.accounts.filter(({ status }) => status !== 'ok').length;
  const isWell = troubles === 0 && stopped === 0;
  const verdict = isWell
    ? 'Everything is up to date.'
    : `${troubles} stream(s) late or failing, ${stopped} account(s) stopped.`;
  const open = data.backfill.filter(({ isComplete }) => !isComplete);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="${REFRESH_S}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>kpool</title><style>${STYLE}</style></head><body>
<h1>kpool</h1><p class="${isWell ? 'well' : 'ill'}">${escapeHtml(verdict)}</p>
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
      row.failingScopes > 0 ? 'failing' : row.isLate ? 'late' : 'fresh',
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
  }
<p><small>As of ${instant(now) ?? ''}.</small></p></body></html>
`;
}
