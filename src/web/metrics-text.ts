import type { QueueSnapshot } from '../../jobs/queue-snapshot';
import type { Clock } from '../core/clock';
import { readVersion } from '../core/version';
import type { PageReader } from './page-reader';
import { onceAtATime, within, type ReadinessCheck } from './readiness';
import { renderState } from './state-metrics';

/** Shorter than Prometheus' timeout. */
const STATE_TIMEOUT_MS = 5_000;
/** How long a reading is reused, e.g. by several Prometheus servers. */
const FRESH_MS = 5_000;

interface Sources {
  readonly metrics: { render(): Promise<{ readonly contentType: string; readonly text: string }> };
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** The text of `/metrics`: this process's counters, and the database's state, which is read at most every five seconds. */
export function createMetricsText(
  { metrics, clock }: Sources,
  reader: Pick<PageReader, 'measures'>,
  readiness: Pick<ReadinessCheck, 'queueState'>,
  readQueue: () => Promise<QueueSnapshot | null>,
): () => Promise<{ readonly contentType: string; readonly text: string }> {
  const version = readVersion();
  const readState = onceAtATime(async (): Promise<string> => {
    const [queue, snapshot] = await Promise.all([readiness.queueState(), readQueue()]);
    const measures = await within(STATE_TIMEOUT_MS, reader.measures(queue)).catch(() => null);
    return renderState({ measures, queue, jobs: snapshot?.counts ?? null, version });
  });
  let state = { text: '', untilMs: -Infinity };
  return async () => {
    if (clock.monotonicMs() >= state.untilMs) {
      state = { text: await readState(), untilMs: clock.monotonicMs() + FRESH_MS };
    }
    const counted = await metrics.render();
    return { contentType: counted.contentType, text: `${counted.text}\n${state.text}` };
  };
}
