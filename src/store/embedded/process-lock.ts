import { randomBytes } from 'node:crypto';
import { link, readFile, readdir, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemClock, throwIfAborted } from '../../core/clock';
import { KpoolError } from '../../core/errors';
import { currentProcess, findIdentity, isAlive, type ProcessIdentity } from './process-identity';

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Told the holder's pid, once, when the wait becomes long enough to be noticed. */
  readonly onWait?: (pid: number) => void;
}

/** Recovery after a crash of the machine may take minutes. */
const DEFAULT_TIMEOUT_MS = 900_000;
const NOTICED_AFTER_MS = 3_000;
const RETRY_PAUSE_MS = 25;
/** Takers that died one after another in the middle of taking over. */
const MAX_CHAIN = 100;

/**
 * Runs `work` while no other process runs any under the same lock file. A process that dies holding the lock, even
 * by kill -9, loses it. Throws `aborted`, or `database.unreachable` after `timeoutMs`.
 *
 * How: the lock is a file that `link` creates, complete and only if there is none. It names its process and a nonce
 * that is never used again. A dead holder's file may be removed only by the one who created `<lock>.<nonce>.taken`,
 * again with `link`; so two that find the same holder dead cannot both remove, and never remove a successor's file.
 * If the taker dies too, the right passes to whoever creates the marker of the taker's own nonce, and so on.
 */
export async function withProcessLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const claim = await writeClaim(path);
  try {
    await acquire(path, claim, options);
    try {
      return await work();
    } finally {
      await unlink(path);
    }
  } finally {
    await unlink(claim.file).catch(() => undefined);
  }
}

/** What a contender links into place: a file of its own that names it. */
interface Claim {
  readonly file: string;
  readonly nonce: string;
}

interface Holder extends ProcessIdentity {
  readonly nonce: string;
}

async function writeClaim(path: string): Promise<Claim> {
  // With the pid, so that a claim which was cut short in writing can be told from one that is just being written.
  const nonce = `${process.pid}-${randomBytes(12).toString('hex')}`;
  const file = `${path}.${nonce}.claim`;
  await writeFile(file, JSON.stringify({ ...(await currentProcess()), nonce }), { mode: 0o600, flag: 'wx' });
  return { file, nonce };
}

async function acquire(
  path: string,
  claim: Claim,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS, onWait }: LockOptions,
): Promise<void> {
  const startedAtMs = systemClock.monotonicMs();
  let noticed = false;
  while (!(await linked(claim.file, path))) {
    throwIfAborted(signal);
    const holder = await readHolder(path);
    if (holder === null) continue;
    if (!(await isAlive(holder)) && (await mayRemove(path, holder, claim))) {
      if ((await readHolder(path))?.nonce === holder.nonce) await unlink(path);
      continue;
    }
    const waitedMs = systemClock.monotonicMs() - startedAtMs;
    if (waitedMs > NOTICED_AFTER_MS && !noticed) {
      noticed = true;
      onWait?.(holder.pid);
    }
    if (waitedMs > timeoutMs) {
      throw new KpoolError(
        'database.unreachable',
        `Process ${holder.pid} keeps the embedded PostgreSQL busy (${path}).`,
        {
          hint: 'It is starting or stopping the server; end that process if it hangs.',
        },
      );
    }
    await systemClock.sleep(RETRY_PAUSE_MS, signal);
  }
  await sweep(path, claim);
}

/** Whether it is ours alone to remove the dead `holder`'s file. */
async function mayRemove(path: string, holder: Holder, claim: Claim): Promise<boolean> {
  let nonce = holder.nonce;
  for (let length = 0; length < MAX_CHAIN; length++) {
    const marker = `${path}.${nonce}.taken`;
    if (await linked(claim.file, marker)) return true;
    const taker = await readHolder(marker);
    if (taker === null) return false;
    if (taker.nonce === claim.nonce) return true;
    if (await isAlive(taker)) return false;
    nonce = taker.nonce;
  }
  return false;
}

/** Only the holder clears away: markers of locks that are gone, claims of processes that are. */
async function sweep(path: string, own: Claim): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const file = join(dirname(path), name);
    if (!name.startsWith(prefix) || file === own.file) continue;
    if (name.endsWith('.taken')) await unlink(file).catch(() => undefined);
    if (!name.endsWith('.claim')) continue;
    const claimant = await readHolder(file);
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    const identity = claimant === null || claimant.pid > 0 ? claimant : { pid, startedAt: null };
    if (identity !== null && !(await isAlive(identity))) await unlink(file).catch(() => undefined);
  }
}

async function linked(existing: string, path: string): Promise<boolean> {
  try {
    await link(existing, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null when there is no file. An unreadable one, which only a crash of the machine can leave, names no live process. */
async function readHolder(path: string): Promise<Holder | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const identity = findIdentity(text);
  if (identity === null) return { pid: 0, startedAt: null, nonce: 'unreadable' };
  const { nonce } = JSON.parse(text) as { readonly nonce?: unknown };
  return { ...identity, nonce: String(nonce) };
}
