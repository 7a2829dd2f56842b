import type { QueueSnapshot } from '../../jobs/queue-snapshot';
import { escapeHtml, htmlTable } from './html';
import { htmlPage, instant } from './page';

/** The queue to look at, not to touch: what is to be done is decided by the database, so there is nothing to press. */
export function queuePage({ counts, jobs }: QueueSnapshot, now: Date): string {
  const summary = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  const rows = jobs.map((job) => [
    job.state,
    job.name,
    job.scope,
    instant(job.at),
    String(job.attempts),
    job.error ?? '',
  ]);
  return htmlPage(
    'kpool: jobs',
    `<h1>Jobs</h1><p><a href="/">Status</a></p><p>${escapeHtml(summary.join(', '))}</p>
${htmlTable(['state', 'job', 'of', 'begins, began or ended', 'attempts', 'failure'], rows)}`,
    now,
  );
}
