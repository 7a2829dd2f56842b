import TestSequencer from '@jest/test-sequencer';

/** Seconds on two cores, of the files that take longest: jest knows them only where it has run before. */
const SECONDS = {
  'integration/pacing/outages.test.ts': 100,
  'e2e/chaos.test.ts': 60,
  'integration/jobs/processes.test.ts': 90,
  'integration/jobs/broken-connections.test.ts': 70,
  'integration/jobs/redis-away.test.ts': 70,
  'integration/jobs/alerts.test.ts': 60,
  'integration/jobs/outage.test.ts': 60,
  'integration/jobs/clock.test.ts': 60,
  'simulation/ledger-histories.test.ts': 60,
  'integration/sync/accounts.test.ts': 70,
  'integration/sync/ledger-serving.test.ts': 70,
  'integration/store/embedded/recovery.test.ts': 60,
  'e2e/prompt.test.ts': 60,
  'e2e/secrets.test.ts': 55,
  'e2e/crash.test.ts': 50,
  'integration/alerts.test.ts': 40,
  'integration/fleet/churn.test.ts': 40,
  'integration/cli/accountant.test.ts': 30,
  'integration/sync/ledger-clipping.test.ts': 30,
  'integration/app/hostile-settings.test.ts': 35,
  'integration/fleet/hostile.test.ts': 30,
  'integration/sync/company.test.ts': 30,
  'integration/jobs/planning.test.ts': 25,
  'integration/pacing/pacer.test.ts': 25,
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
