import { CommanderError } from 'commander';
import { wantsStacks } from '../config/diagnostics';
import { isKpoolError } from '../core/errors';
import { watchForBugs, type BugSource } from './bug-watch';
import type { CallContext, CliHost } from './context';
import { reportFailure } from './failure';
import { watchForInterruption, type SignalSource } from './interruption';
import { createProgram } from './program';

/** Runs one `kpool` command line; resolves to the exit code and never rejects. */
export async function runCli(host: CliHost, source: SignalSource & BugSource): Promise<number> {
  const call: { context?: CallContext } = {};
  const interruption = watchForInterruption(source, host.clock, (signal) => {
    if (signal === 'SIGINT') call.context?.output.note('\nStopping. Press Ctrl-C again to exit at once.');
  });
  const fail = (error: unknown): number => printFailure(error, host, call.context);
  const unwatchBugs = watchForBugs(source, fail);
  const openContext = async (): Promise<CallContext> => {
    const { CallContext: Context } = await import('./context');
    return (call.context ??= new Context(host, interruption.signal));
  };
  try {
    await createProgram(openContext, host).parseAsync(host.argv, { from: 'user' });
    return call.context?.exitCode ?? 0;
  } catch (error) {
    // Commander has printed its message. `--help` exits with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const stoppedWith = interruption.exitCode();
    return stoppedWith !== null && isKpoolError(error, 'aborted') ? stoppedWith : fail(error);
  } finally {
    interruption.unwatch();
    unwatchBugs();
  }
}

/** Prints a failure, as JSON for `--json`, and returns the exit code. Without a context no secret is known yet. */
function printFailure(error: unknown, host: CliHost, context: CallContext | undefined): number {
  const report = reportFailure(error, {
    withStack: wantsStacks(context?.loadedConfig, host.env),
    scrub: context?.scrubber.scrub ?? String,
  });
  if (context === undefined) host.stderr.write(`${report.text}\n`);
  else context.output.warn(context.output.isJson ? JSON.stringify(report.json) : report.text);
  return report.exitCode;
}
