import { CommanderError } from 'commander';
import { isKpoolError } from '../core/errors';
import { watchForBugs, type BugSource } from './bug-watch';
import { CallContext, type World } from './context';
import { reportFailure } from './failure';
import { watchForInterruption, type SignalSource } from './interruption';
import { createProgram } from './program';

/** Runs one call of `kpool`, everything it has to say written; resolves to the exit code and never rejects. */
export async function runCli(world: World, source: SignalSource & BugSource): Promise<number> {
  const interruption = watchForInterruption(source, world.clock, (signal) => {
    if (signal === 'SIGINT') context.output.note('\nStopping. Press Ctrl-C again to stop at once.');
  });
  const context = new CallContext(world, interruption.signal);
  const tell = (error: unknown): number => {
    const report = reportFailure(error, { withStack: context.wantsStacks(), scrub: context.scrubber.scrub });
    context.output.warn(context.output.isJson ? JSON.stringify(report.json) : report.text);
    return report.exitCode;
  };
  const unwatchBugs = watchForBugs(source, tell);
  try {
    await createProgram(context, world).parseAsync(world.argv, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has written its message. Help that was asked for is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const stoppedWith = interruption.exitCode();
    return stoppedWith !== null && isKpoolError(error, 'aborted') ? stoppedWith : tell(error);
  } finally {
    interruption.unwatch();
    unwatchBugs();
  }
}
