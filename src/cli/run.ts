import { CommanderError } from 'commander';
import { isKpoolError } from '../core/errors';
import { watchForBugs, type BugSource } from './bug-watch';
import type { CallContext, CliHost } from './context';
import { reportFailure } from './failure';
import { watchForInterruption, type SignalSource } from './interruption';
import { createProgram } from './program';

/** Runs one `kpool` command line; resolves to the exit code and never rejects. */
export async function runCli(host: CliHost, source: SignalSource & BugSource): Promise<number> {
  let context: CallContext | null = null as CallContext | null;
  let opening: Promise<CallContext> | null = null;
  const interruption = watchForInterruption(source, host.clock, (signal) => {
    if (signal === 'SIGINT') context?.output.note('\nStopping. Press Ctrl-C again to exit at once.');
  });
  const open = async (): Promise<CallContext> => {
    const { CallContext: Context } = await import('./context');
    return (context = new Context(host, interruption.signal));
  };
  const openContext = (): Promise<CallContext> => (opening ??= open());
  const tell = (error: unknown): number => {
    const report = reportFailure(error, {
      withStack: context?.wantsStacks() ?? false,
      // No secret is known before the context exists.
      scrub: context?.scrubber.scrub ?? String,
    });
    if (context === null) host.stderr.write(`${report.text}\n`);
    else context.output.warn(context.output.isJson ? JSON.stringify(report.json) : report.text);
    return report.exitCode;
  };
  const unwatchBugs = watchForBugs(source, tell);
  try {
    await createProgram(openContext, host).parseAsync(host.argv, { from: 'user' });
    return context?.exitCode ?? 0;
  } catch (error) {
    // Commander has printed its message. `--help` exits with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const stoppedWith = interruption.exitCode();
    return stoppedWith !== null && isKpoolError(error, 'aborted') ? stoppedWith : tell(error);
  } finally {
    interruption.unwatch();
    unwatchBugs();
  }
}
