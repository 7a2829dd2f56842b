import type { Stream } from '../src/domain/streams';

/** One queue for all accounts, so that one priority orders everything. */
export const QUEUE_NAME = 'kpool';
export const RETENTION_JOB = 'maintenance.retention';
export const ABANDONED_RUNS_JOB = 'maintenance.abandoned-runs';

export type JobKind = 'plan' | 'sync';

export function jobNameOf(stream: Stream, kind: JobKind): string {
  return `${stream}.${kind}`;
}

/** Parses a job's name; null for one that is not ours. The stream may be unknown to this version. */
export function parseJobName(name: string): { readonly stream: Stream; readonly kind: JobKind } | null {
  const [, stream, kind] = /^(.+)\.(plan|sync)$/.exec(name) ?? [];
  if (stream === undefined || (kind !== 'plan' && kind !== 'sync')) return null;
  return { stream, kind };
}
