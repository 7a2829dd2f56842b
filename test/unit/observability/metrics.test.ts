import { createMetrics } from '../../../src/observability/metrics';

describe('metrics', () => {
  test('count events by account and fixed words', async () => {
    const metrics = createMetrics();
    metrics.poolAnswered('main', 'earn/query', 'ok', 0.2);
    metrics.permitGranted('main', 'earn/query', 0.6);
    metrics.rowsWritten('main', 'earnings', 'inserted', 365);
    metrics.runFinished('main', 'earnings', 'succeeded', 12);
    metrics.runFinished('farm', 'rewards', 'failed', 1);
    metrics.jobFinished('', 'earnings.plan', 'completed', 12);
    const { contentType, text } = await metrics.render();
    expect(contentType).toContain('text/plain');
    for (const line of [
      'kpool_pool_request_seconds_count{account="main",endpoint="earn/query",outcome="ok"} 1',
      'kpool_permit_wait_seconds_bucket{le="1",account="main",endpoint="earn/query"} 1',
      'kpool_rows_total{account="main",stream="earnings",change="inserted"} 365',
      'kpool_run_seconds_count{account="farm",stream="rewards",outcome="failed"} 1',
      'kpool_job_seconds_count{account="",job="earnings.plan",outcome="completed"} 1',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toContain('\nprocess_resident_memory_bytes');
  });

  test('of two programs in one process do not mix', async () => {
    const [a, b] = [createMetrics(), createMetrics()];
    a.jobFinished('main', 'workers.sync', 'completed', 1);
    expect((await b.render()).text).not.toContain('workers.sync');
  });
});
