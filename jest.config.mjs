/**
 * A test belongs to the project whose folder it lies in. `npm run test:fast` runs `unit`: pure code and properties,
 * no server, seconds.
 */
const PROJECTS = {
  unit: ['unit', 'property', 'architecture'],
  integration: ['integration', 'simulation'],
  e2e: ['e2e'],
};

const translate = (tsx) => [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', tsx },
      transform: { react: { runtime: 'automatic', importSource: 'preact' } },
      target: 'es2022',
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];
const transform = { '^.+\\.ts$': translate(false), '^.+\\.tsx$': translate(true) };

/** @type {import('jest').Config} */
export default {
  projects: Object.entries(PROJECTS).map(([displayName, folders]) => ({
    displayName,
    testEnvironment: 'node',
    roots: folders.map((folder) => `<rootDir>/test/${folder}`),
    testMatch: ['**/*.test.ts'],
    transform,
    globalSetup: '<rootDir>/test/support/global-setup.ts',
    globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  })),
  // A core is kept busy while other tests wait, but too many services at once starve each other and work longer: jobs/processes
  // takes a quarter more CPU time with five tests side by side than with one.
  maxWorkers: 5,
  maxConcurrency: 2,
  testSequencer: '<rootDir>/test/support/slowest-first.mjs',
  testTimeout: 150_000,
};
