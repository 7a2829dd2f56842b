import type { ConfigureCommand } from './context';

export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Loads what the command needs: only the one that is called pays for it. */
  readonly load: () => Promise<ConfigureCommand>;
}

/** Every command, in the order of the help. A new one is a file in `commands/` and an entry here. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'start',
    description: 'Run the service: keep everything up to date, and serve the status page',
    load: async () => (await import('./commands/start.js')).configureStart,
  },
  {
    name: 'sync',
    description: 'Bring everything up to date once, now, in this process',
    load: async () => (await import('./commands/sync.js')).configureSync,
  },
  {
    name: 'status',
    description: 'Show what is wrong, how fresh and how complete the data are, and what failed last',
    load: async () => (await import('./commands/status.js')).configureStatus,
  },
  {
    name: 'quarantine',
    description: 'Look at rows that could not be understood, and accept them',
    load: async () => (await import('./commands/quarantine.js')).configureQuarantine,
  },
  {
    name: 'accounts',
    description: 'See which account has which sub-account, and give one to another',
    load: async () => (await import('./commands/accounts.js')).configureAccounts,
  },
  {
    name: 'check',
    description: 'Check configuration, database, queue, credentials, clock and rate',
    load: async () => (await import('./commands/check.js')).configureCheck,
  },
  {
    name: 'reconcile',
    description:
      "Compare the ledger with the pool's own totals; exit 1 when one differs, or none could be compared",
    load: async () => (await import('./commands/reconcile.js')).configureReconcile,
  },
  {
    name: 'prices',
    description: 'Import daily prices, and see which are missing',
    load: async () => (await import('./commands/prices.js')).configurePrices,
  },
  {
    name: 'close',
    description: 'Close a month: freeze what is known of it; later changes become adjustments',
    load: async () => (await import('./commands/close.js')).configureClose,
  },
  {
    name: 'reopen',
    description: 'Reopen a closed month: its figures follow the ledger again',
    load: async () => (await import('./commands/close.js')).configureReopen,
  },
  {
    name: 'export',
    description: 'Write income to a file for the books, with a manifest that proves it',
    load: async () => (await import('./commands/export.js')).configureExport,
  },
  {
    name: 'explain',
    description: 'Follow one figure: what the pool said and when, its proofs, the closes that hold it',
    load: async () => (await import('./commands/explain.js')).configureExplain,
  },
  {
    name: 'rollup',
    description: 'Compute hourly and daily figures of the fleet anew, from the samples that are kept',
    load: async () => (await import('./commands/rollup.js')).configureRollup,
  },
  {
    name: 'worker-groups',
    description:
      'Say where machines stand, whose they are and of which model, by the beginning of their names',
    load: async () => (await import('./commands/worker-groups.js')).configureWorkerGroups,
  },
  {
    name: 'metabase',
    description: 'Set up a Metabase: connection, descriptions, links, questions and dashboards',
    load: async () => (await import('./commands/metabase.js')).configureMetabase,
  },
  {
    name: 'migrate',
    description: 'Apply pending migrations and changed views to the database',
    load: async () => (await import('./commands/migrate.js')).configureMigrate,
  },
  {
    name: 'grant-reader',
    description: 'Make a login that reads the schemas pool and report, and nothing else',
    load: async () => (await import('./commands/grant-reader.js')).configureGrantReader,
  },
  {
    name: 'demo',
    description: 'Sync a simulated pool into an embedded database, to look around',
    load: async () => (await import('./commands/demo.js')).configureDemo,
  },
];
