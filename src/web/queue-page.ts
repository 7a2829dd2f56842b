import { escapeHtml, htmlTable } from './html';
import { htmlPage, instant } from './page';

/** One job, as it is shown. */
interface JobView {
  readonly state: string;
  readonly name: string;
  readonly scope: string;
  readonly attempts: number;
  readonly at: Date;
  readonly error: string | null;
}

/** What the page is made of; `jobs/` knows how to find it out. */
export interface QueueView {
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly JobView[];
}

/** The queue to look at, not to touch: what is to be done is decided by the database, so there is nothing to press. */
export function queuePage({ counts, jobs }: QueueView, now: Date): string {
  const told = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
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
    `<h1>Jobs</h1><p><a href="/">Status</a></p><p>${escapeHtml(told.join(', '))}</p>
${htmlTable(['state', 'job', 'of', 'begins, began or ended', 'attempts', 'failure'], rows)}`,
    now,
  );
}
