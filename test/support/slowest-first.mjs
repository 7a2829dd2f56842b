import TestSequencer from '@jest/test-sequencer';

/** Seconds in a run of all on two cores, of the files that take longest: jest knows them only where it has run before. */
const SECONDS = {
  'integration/jobs/processes.test.ts': 125,
  'integration/jobs/clock.test.ts': 75,
  'integration/jobs/redis-away.test.ts': 55,
  'integration/sync/accounts.test.ts': 55,
  'e2e/secrets.test.ts': 50,
  'integration/web/browser.test.ts': 50,
  'integration/pacing/outages.test.ts': 45,
  'integration/sync/ledger-requests.test.ts': 45,
  'integration/sync/ledger-serving.test.ts': 45,
  'integration/jobs/alerts.test.ts': 40,
  'integration/jobs/planning.test.ts': 40,
  'integration/cli/wrong-input.test.ts': 35,
  'integration/jobs/broken-connections.test.ts': 35,
  'integration/jobs/outage.test.ts': 35,
  'integration/sync/ledger-clipping.test.ts': 35,
  'integration/database/embedded-outage.test.ts': 30,
  'integration/pacing/processes.test.ts': 30,
  'integration/store/embedded/sharing.test.ts': 30,
  'integration/store/migrate.test.ts': 30,
  'integration/sync/concurrent-runs.test.ts': 30,
  'integration/sync/database-outages.test.ts': 30,
  'integration/sync/ledger.test.ts': 30,
  'simulation/ledger-histories.test.ts': 30,
  'integration/alerts/alerts.test.ts': 25,
  'integration/database/hostile-settings.test.ts': 25,
  'integration/database/poolers.test.ts': 25,
  'integration/report/income-totals.test.ts': 25,
  'integration/store/embedded/recovery.test.ts': 25,
  'integration/store/restore.test.ts': 25,
  'integration/web/pages.test.ts': 25,
  'e2e/crash.test.ts': 20,
  'integration/cli/accountant.test.ts': 20,
  'integration/fleet/churn.test.ts': 20,
  'integration/fleet/hostile.test.ts': 20,
  'integration/fleet/workers.test.ts': 20,
  'integration/jobs/redis-requirements.test.ts': 20,
  'integration/pacing/pacer.test.ts': 20,
  'integration/report/reconciliation.test.ts': 20,
  'integration/store/queue-registration.test.ts': 20,
  'integration/store/reader-harm.test.ts': 20,
  'integration/sync/unlisted.test.ts': 20,
  'simulation/ledger-model.test.ts': 20,
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
