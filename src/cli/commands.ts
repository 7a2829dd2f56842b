import type { ConfigureCommand } from './context';

export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Loads the command's code: only the command that is called is loaded. */
  readonly load: () => Promise<ConfigureCommand>;
}

/** Every command, in the order of the help. A new one is a file in `commands/` and an entry here. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'start',
    description: 'Run the service: keep everything up to date and serve the status page',
    load: async () => (await import('./commands/start')).configureStart,
  },
  {
    name: 'sync',
    description: 'Bring everything up to date once, in this process',
    load: async () => (await import('./commands/sync')).configureSync,
  },
  {
    name: 'status',
    description: 'Show problems, how fresh and complete the data are, and the latest failures',
    load: async () => (await import('./commands/status')).configureStatus,
  },
  {
    name: 'quarantine',
    description: 'List, show and accept rows that could not be parsed',
    load: async () => (await import('./commands/quarantine')).configureQuarantine,
  },
  {
    name: 'accounts',
    description: 'List accounts and their sub-accounts, or move one to another account',
    load: async () => (await import('./commands/accounts')).configureAccounts,
  },
  {
    name: 'check',
    description: 'Check configuration, database, queue, credentials, clock and rate limit',
    load: async () => (await import('./commands/check')).configureCheck,
  },
  {
    name: 'reconcile',
    description:
      "Compare the ledger with the pool's own totals; exits with 1 if one differs or none could be compared",
    load: async () => (await import('./commands/reconcile')).configureReconcile,
  },
  {
    name: 'prices',
    description: 'Import daily prices, and list those that are missing',
    load: async () => (await import('./commands/prices')).configurePrices,
  },
  {
    name: 'close',
    description: 'Close a month: its figures stay, and later changes become adjustments',
    load: async () => (await import('./commands/close')).configureClose,
  },
  {
    name: 'reopen',
    description: 'Reopen a closed month: its figures follow the ledger again',
    load: async () => (await import('./commands/close')).configureReopen,
  },
  {
    name: 'export',
    description: 'Export income to a file for the books, with a manifest',
    load: async () => (await import('./commands/export')).configureExport,
  },
  {
    name: 'explain',
    description: 'Trace one figure: what the pool served and when, its certificates, closes and exports',
    load: async () => (await import('./commands/explain')).configureExplain,
  },
  {
    name: 'rollup',
    description: "Recompute the fleet's hourly and daily figures from the stored samples",
    load: async () => (await import('./commands/rollup')).configureRollup,
  },
  {
    name: 'worker-groups',
    description: 'Assign machines to a site, customer and model by name prefix',
    load: async () => (await import('./commands/worker-groups')).configureWorkerGroups,
  },
  {
    name: 'metabase',
    description: 'Set up a Metabase: connection, descriptions, links, questions and dashboards',
    load: async () => (await import('./commands/metabase')).configureMetabase,
  },
  {
    name: 'migrate',
    description: 'Apply pending migrations and changed views to the database',
    load: async () => (await import('./commands/migrate')).configureMigrate,
  },
  {
    name: 'grant-reader',
    description: 'Create a login that can read the schemas pool and report, and nothing else',
    load: async () => (await import('./commands/grant-reader')).configureGrantReader,
  },
  {
    name: 'demo',
    description: 'Try kpool with a simulated pool and an embedded database',
    load: async () => (await import('./commands/demo')).configureDemo,
  },
];
