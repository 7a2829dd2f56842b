import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SCRIPT = join(__dirname, '..', '..', 'dist', 'src', 'cli', 'kpool.js');

export interface KpoolCall {
  /** The whole environment: only PATH is inherited, so that the machine's own variables change nothing. */
  readonly env?: Readonly<Record<string, string>>;
  /** The directory in which a `.env` is read. */
  readonly cwd: string;
  readonly onSpawn?: (child: ChildProcess) => void;
}

export interface KpoolEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `kpool` (`npm run build`) as a user would, its output piped. */
export async function runKpool(args: readonly string[], call: KpoolCall): Promise<KpoolEnd> {
  if (!existsSync(SCRIPT))
    throw new Error('dist is missing: these tests run the built program (npm run build).');
  const child = spawn(process.execPath, [SCRIPT, ...args], {
    cwd: call.cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: call.cwd, ...call.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  call.onSpawn?.(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { code, ...output };
}
