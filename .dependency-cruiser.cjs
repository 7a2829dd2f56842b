/** Which folder may import which (docs/architecture.md, "The map"). */
const LAYERS = {
  core: [],
  config: ['core'],
  observability: ['core'],
  domain: ['core'],
  kucoin: ['core', 'domain'],
  store: ['core', 'domain'],
  pacing: ['core'],
  sync: ['core', 'domain'],
  report: ['core', 'domain', 'store'],
  simulator: ['core'],
  metabase: ['core'],
  database: ['core', 'config', 'store'],
  alerts: ['core', 'config', 'domain', 'report', 'store'],
  jobs: ['core', 'domain', 'store', 'sync'],
  web: ['core', 'report', 'jobs'],
  service: [
    ...['core', 'config', 'observability', 'domain', 'kucoin', 'store', 'pacing', 'sync', 'report'],
    ...['database', 'alerts', 'jobs', 'web'],
  ],
  'use-cases': [
    ...['core', 'config', 'observability', 'domain', 'store', 'sync', 'report', 'simulator'],
    ...['database', 'service'],
  ],
};

/** Development packages whose files are copied into dist/: scripts/build.mjs. */
const BUNDLED = Object.keys(require('./scripts/bundled-packages.json'));

const folder = (name) => (name === 'jobs' ? '^jobs/' : `^src/${name}/`);

const layerRules = Object.entries(LAYERS).map(([name, allowed]) => ({
  name: `${name}-imports-only-${allowed.join('-') || 'nothing-of-ours'}`,
  severity: 'error',
  from: { path: folder(name) },
  to: {
    path: '^(src|jobs|test|bench)/',
    pathNot: [folder(name), ...allowed.map(folder)],
  },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-packages-in-production',
      severity: 'error',
      from: { path: '^(src|jobs)/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: BUNDLED.map((name) => `^node_modules/${name}/`),
      },
    },
    {
      name: 'environment-is-read-in-one-place',
      severity: 'error',
      from: { path: '^(src|jobs)/', pathNot: '^src/config/' },
      to: { path: '^dotenv$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/store/generated/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
