import { createMetrics } from '../../../src/observability/metrics';

describe('metrics', () => {
  it('count what happened, by fixed words', async () => {
    const metrics = createMetrics();
    metrics.poolAnswered('earn/query', 'ok', 0.2);
    metrics.permitGranted('earn/query', 0.6);
    metrics.rowsWritten('earnings', 'inserted', 365);
    metrics.runFinished('earnings', 'succeeded', 12, 1_700_000_000_500);
    metrics.runFinished('rewards', 'failed', 1, 1_700_000_000_500);
    metrics.jobFinished('earnings.sync', 'completed', 12);
    metrics.databaseFailed('40001');
    const { contentType, text } = await metrics.render();
    expect(contentType).toContain('text/plain');
    for (const line of [
      'kpool_pool_request_seconds_count{endpoint="earn/query",outcome="ok"} 1',
      'kpool_permit_wait_seconds_bucket{le="1",endpoint="earn/query"} 1',
      'kpool_rows_total{stream="earnings",change="inserted"} 365',
      'kpool_run_seconds_count{stream="rewards",outcome="failed"} 1',
      'kpool_last_success_timestamp_seconds{stream="earnings"} 1700000000.5',
      'kpool_job_seconds_count{job="earnings.sync",outcome="completed"} 1',
      'kpool_database_errors_total{code="40001"} 1',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).not.toContain('kpool_last_success_timestamp_seconds{stream="rewards"}');
    expect(text).toContain('kpool_process_resident_memory_bytes');
  });

  it('of two programs in one process do not mix', async () => {
    const [a, b] = [createMetrics(), createMetrics()];
    a.databaseFailed('57P01');
    expect((await b.render()).text).not.toContain('57P01');
  });
});
