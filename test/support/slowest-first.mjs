import TestSequencer from '@jest/test-sequencer';

/**
 * The files that take longest, in the order in which they start: those that run services, which share the cores among
 * them, alternate with those that keep one core busy.
 */
const FIRST = [
  'integration/sync/ledger-serving.test.ts',
  'integration/jobs/processes.test.ts',
  'integration/sync/ledger-requests.test.ts',
  'integration/pacing/outages.test.ts',
  'integration/sync/accounts.test.ts',
  'integration/jobs/clock.test.ts',
  'integration/sync/ledger.test.ts',
  'integration/sync/database-outages.test.ts',
  'e2e/secrets.test.ts',
  'integration/web/browser.test.ts',
  'integration/web/pages.test.ts',
  'integration/jobs/redis-away.test.ts',
  'integration/jobs/planning.test.ts',
  'integration/alerts/alerts.test.ts',
  'integration/store/embedded/sharing.test.ts',
  'integration/sync/concurrent-runs.test.ts',
  'integration/sync/ledger-clipping.test.ts',
  'integration/jobs/broken-connections.test.ts',
  'integration/database/hostile-settings.test.ts',
  'integration/store/embedded/recovery.test.ts',
  'integration/jobs/alerts.test.ts',
  'simulation/ledger-histories.test.ts',
  'integration/pacing/processes.test.ts',
  'integration/sync/unlisted.test.ts',
  'integration/database/connections.test.ts',
  'integration/database/poolers.test.ts',
  'integration/cli/accountant.test.ts',
  'integration/jobs/up-to-date.test.ts',
  'integration/report/reconciliation.test.ts',
  'integration/store/migrate.test.ts',
  'integration/jobs/outage.test.ts',
  'integration/fleet/churn.test.ts',
  'integration/sync/ledger-tiers.test.ts',
  'integration/database/embedded-outage.test.ts',
  'integration/fleet/workers.test.ts',
  'integration/report/wellness.test.ts',
  'integration/pacing/pacer.test.ts',
  'integration/jobs/redis-requirements.test.ts',
  'integration/cli/wrong-input.test.ts',
  'integration/report/income-totals.test.ts',
  'e2e/chaos.test.ts',
  'integration/store/reader-harm.test.ts',
  'integration/fleet/figures.test.ts',
  'integration/store/migration-drift.test.ts',
  'integration/sync/run-records.test.ts',
  'integration/cli/metabase.test.ts',
  'e2e/crash.test.ts',
  'integration/store/restore.test.ts',
  'simulation/ledger-model.test.ts',
  'e2e/service.test.ts',
];

function placeOf({ path }) {
  const place = FIRST.findIndex((name) => path.endsWith(`/test/${name}`));
  return place === -1 ? FIRST.length : place;
}

/** Starts the slowest files first, so that the last of them does not run alone at the end. */
export default class SlowestFirst extends TestSequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
