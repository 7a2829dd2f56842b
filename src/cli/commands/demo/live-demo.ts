import { isKpoolError } from '../../../core/errors';
import type { Service } from '../../../service/service';
import type { Demo } from '../../../use-cases/demo/demo';
import { createDemoEvents } from '../../../use-cases/demo/events';
import type { CliContext } from '../../context';
import { groupDigits } from '../../output/numbers';

/** How often something happens at the pool. */
const EVENT_EVERY_MS = 10_000;

/** Triggers events at the pool, and prints one line for each with what the jobs stored, until the service stops. */
async function playEvents({ output, clock }: CliContext, demo: Demo, service: Service): Promise<never> {
  const { reports } = service.session.service;
  const trigger = createDemoEvents(demo.simulator);
  let before = await reports.readActivity();
  for (;;) {
    const event = trigger(clock.now());
    await clock.sleep(EVENT_EVERY_MS, service.stopping);
    const now = await reports.readActivity();
    const since = (count: keyof typeof now): string => groupDigits(String(now[count] - before[count]));
    output.note(
      `${event} Rows: ${since('inserted')} new, ${since('changed')} changed, ${since('unchanged')} verified. Requests: ${since('requests')}.`,
    );
    before = now;
  }
}

/**
 * Runs jobs on the simulated pool, as `kpool start` does, while its data change, until Ctrl-C. Throws only if the
 * service cannot continue.
 */
export async function playLive(context: CliContext, demo: Demo, service: Service): Promise<void> {
  try {
    await service.startJobs();
    context.output.note(
      `\nThe service is running, like kpool start, and the pool's data change every ${EVENT_EVERY_MS / 1_000} s. ` +
        'Press Ctrl-C to stop.',
    );
    await playEvents(context, demo, service);
  } catch (error) {
    service.throwIfBroken();
    if (!isKpoolError(error, 'aborted')) throw error;
  }
}
