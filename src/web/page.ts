import { escapeHtml } from './html';

const REFRESH_S = 30;
const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}th{font-weight:600}
.well{color:#136f2d}.ill{color:#a11}@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}th,td{border-color:#333}
.well{color:#6fce8a}.ill{color:#ff8a80}a{color:#8ab4f8}}`;

/** An instant as the pages show it. */
export function instant(at: Date | null): string | null {
  return at === null ? null : `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A page without scripts, which loads itself again now and then. `body` is HTML. */
export function htmlPage(title: string, body: string, now: Date): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="${REFRESH_S}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
${body}
<p><small>As of ${instant(now) ?? ''}.</small></p></body></html>
`;
}
