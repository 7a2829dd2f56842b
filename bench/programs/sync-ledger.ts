import { openSession } from '../../src/service/session';
import { syncEverything } from '../../src/use-cases/manual-sync/sync-everything';
import { loadConfig } from '../../src/config/load';
import { systemClock } from '../../src/core/clock';
import { createScrubber } from '../../src/core/redaction';
import { Secret } from '../../src/core/secret';
import type { LedgerStream } from '../../src/domain/streams';
import { createLogger } from '../../src/observability/logger';
import { STREAMS } from '../../src/sync/registry';
import { measure } from './measured';

export interface SyncLedgerOptions {
  readonly databaseUrl: string;
  readonly poolUrl: string;
  /** One API key each: key-0, key-1, … */
  readonly accounts: number;
  readonly requestsPerSecond: number;
  readonly streams: readonly LedgerStream[];
}

/**
 * Does what `kpool sync` does, in a process of its own, so that its cost can be measured separately. Takes
 * `SyncLedgerOptions` as JSON, lists algorithms and sub-accounts, and prints "ready". Then, for each line that it
 * reads, `go` syncs, `verify` reads everything again, and it prints the cost.
 */
const options = JSON.parse(process.argv[2] ?? '{}') as SyncLedgerOptions;
const PASSWORDS = { apiSecret: new Secret('bench-secret'), apiPassphrase: new Secret('bench-passphrase') };

async function main(): Promise<void> {
  const accounts = Array.from({ length: options.accounts }, (_, index) => ({
    name: `account ${index}`,
    apiKey: new Secret(`key-${index}`),
    ...PASSWORDS,
  }));
  const config = loadConfig(
    {
      HOME: '/nonexistent',
      DATABASE_URL: options.databaseUrl,
      KUCOIN_POOL_BASE_URL: options.poolUrl,
    },
    { streams: STREAMS.all },
  );
  const session = await openSession({
    config: { ...config, pool: { ...config.pool, requestsPerSecond: options.requestsPerSecond } },
    accounts,
    clock: systemClock,
    random: Math.random,
    logger: createLogger({
      level: 'error',
      format: 'json',
      destination: process.stderr,
      scrubber: createScrubber([]),
    }),
    signal: new AbortController().signal,
    log: () => undefined,
  });
  const sync = async (streams: readonly string[], verifyBeforeMs: number | null): Promise<void> => {
    const summaries = await syncEverything(session.service, {
      selection: { streams: STREAMS.names.filter((name) => streams.includes(name)), ...EVERYWHERE },
      request: { verifyBeforeMs, span: null, acceptEmpty: false },
      signal: new AbortController().signal,
      retryBudgetMs: 0,
      onProgress: () => undefined,
    });
    const failed = summaries.flatMap(({ results }) => results).find(({ outcome }) => outcome !== 'succeeded');
    if (failed !== undefined) throw new Error(`${failed.outcome}: ${failed.reason ?? ''}`);
  };
  await sync(['algorithms', 'sub-accounts'], null);
  process.stdout.write('"ready"\n');
  process.stdin.on('data', (word) => {
    const verifyBeforeMs = String(word).startsWith('verify') ? Infinity : null;
    void measure(() => sync(options.streams, verifyBeforeMs)).then((measured) =>
      process.stdout.write(`${JSON.stringify(measured)}\n`),
    );
  });
}

const EVERYWHERE = { accountName: null, puid: null, algo: null };

void main();
