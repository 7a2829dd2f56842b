import TestSequencer from '@jest/test-sequencer';

/** Seconds in a run of all on two cores, of the files that take longest: jest knows them only where it has run before. */
const SECONDS = {
  'integration/jobs/processes.test.ts': 115,
  'integration/sync/accounts.test.ts': 110,
  'integration/jobs/clock.test.ts': 105,
  'integration/pacing/outages.test.ts': 100,
  'e2e/secrets.test.ts': 80,
  'integration/store/embedded/recovery.test.ts': 60,
  'integration/store/embedded/sharing.test.ts': 55,
  'integration/jobs/redis-away.test.ts': 55,
  'integration/jobs/outage.test.ts': 50,
  'integration/web/browser.test.ts': 45,
  'integration/sync/ledger-serving.test.ts': 45,
  'integration/app/embedded-outage.test.ts': 40,
  'integration/pacing/processes.test.ts': 40,
  'integration/jobs/alerts.test.ts': 40,
  'integration/fleet/churn.test.ts': 40,
  'integration/sync/ledger-requests.test.ts': 35,
  'integration/jobs/broken-connections.test.ts': 35,
  'simulation/ledger-histories.test.ts': 30,
  'integration/store/queue-registration.test.ts': 30,
  'integration/alerts.test.ts': 30,
  'integration/sync/database-outages.test.ts': 30,
  'integration/sync/company.test.ts': 30,
  'integration/cli/wrong-input.test.ts': 25,
  'integration/jobs/planning.test.ts': 25,
  'integration/sync/ledger.test.ts': 25,
  'integration/jobs/queue.test.ts': 25,
  'integration/app/connections.test.ts': 20,
  'e2e/chaos.test.ts': 20,
  'integration/pacing/pacer.test.ts': 20,
  'integration/app/poolers.test.ts': 20,
  'property/pacing.test.ts': 20,
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
