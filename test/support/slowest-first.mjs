import TestSequencer from '@jest/test-sequencer';

/** Seconds in a run of all on two cores, of the files that take longest: jest knows them only where it has run before. */
const SECONDS = {
  'integration/jobs/clock.test.ts': 70,
  'integration/jobs/processes.test.ts': 60,
  'integration/sync/ledger-serving.test.ts': 60,
  'e2e/secrets.test.ts': 55,
  'integration/sync/ledger-requests.test.ts': 50,
  'integration/pacing/outages.test.ts': 45,
  'integration/sync/accounts.test.ts': 45,
  'integration/sync/ledger.test.ts': 45,
  'integration/web/browser.test.ts': 40,
  'integration/sync/database-outages.test.ts': 40,
  'integration/store/embedded/sharing.test.ts': 40,
  'integration/jobs/redis-away.test.ts': 35,
  'integration/jobs/planning.test.ts': 35,
  'integration/sync/concurrent-runs.test.ts': 35,
  'integration/web/pages.test.ts': 35,
  'integration/alerts/alerts.test.ts': 30,
  'integration/database/connections.test.ts': 30,
  'integration/database/hostile-settings.test.ts': 30,
  'integration/jobs/alerts.test.ts': 30,
  'integration/jobs/broken-connections.test.ts': 30,
  'integration/pacing/processes.test.ts': 30,
  'integration/store/embedded/recovery.test.ts': 30,
  'simulation/ledger-histories.test.ts': 30,
  'integration/database/embedded-outage.test.ts': 25,
  'integration/database/poolers.test.ts': 25,
  'integration/jobs/outage.test.ts': 25,
  'integration/jobs/up-to-date.test.ts': 25,
  'integration/report/income-totals.test.ts': 25,
  'integration/sync/ledger-tiers.test.ts': 25,
  'integration/sync/unlisted.test.ts': 25,
  'e2e/chaos.test.ts': 20,
  'integration/cli/metabase.test.ts': 20,
  'integration/cli/wrong-input.test.ts': 20,
  'integration/fleet/churn.test.ts': 20,
  'integration/fleet/figures.test.ts': 20,
  'integration/jobs/queue.test.ts': 20,
  'integration/jobs/redis-requirements.test.ts': 20,
  'integration/pacing/pacer.test.ts': 20,
  'integration/report/income-changes.test.ts': 20,
  'integration/report/reconciliation.test.ts': 20,
  'integration/store/migration-drift.test.ts': 20,
  'integration/store/reader-harm.test.ts': 20,
  'integration/store/restore.test.ts': 20,
  'integration/sync/ledger-clipping.test.ts': 20,
  'e2e/crash.test.ts': 15,
  'e2e/service.test.ts': 15,
  'integration/cli/accountant.test.ts': 15,
  'integration/fleet/hostile.test.ts': 15,
  'integration/fleet/workers.test.ts': 15,
  'integration/report/wellness.test.ts': 15,
  'integration/store/migrate.test.ts': 15,
  'integration/store/queue-registration.test.ts': 15,
  'integration/sync/hidden-coins.test.ts': 15,
  'integration/sync/new-stream.test.ts': 15,
  'integration/sync/run-records.test.ts': 15,
  'simulation/ledger-model.test.ts': 15,
  'property/pacing.test.ts': 10,
};

function secondsOf({ path }) {
  const file = Object.keys(SECONDS).find((name) => path.endsWith(`/test/${name}`));
  return file === undefined ? 0 : SECONDS[file];
}

/** Starts the slowest files first, so that the last of them does not run alone at the end. */
export default class SlowestFirst extends TestSequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => secondsOf(b) - secondsOf(a));
  }
}
