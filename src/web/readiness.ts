import type { Reachability, WellnessFacts } from '../report/wellness/facts';
import { isReady, judge } from '../report/wellness/judge';

/** Shorter than probes wait. */
const HEALTH_ANSWER_TIMEOUT_MS = 1_500;

export interface ReadinessSources {
  /** Rejects while the database cannot be asked. */
  readonly readFacts: () => Promise<WellnessFacts>;
  /** Rejects while the queue cannot be asked; null where this process runs no jobs. */
  readonly askQueue: (() => Promise<void>) | null;
}

export interface Readiness {
  readonly isReady: boolean;
  /** Everything that is known to be wrong; what only leaves data incomplete does not make a service unready. */
  readonly problems: readonly object[];
}

/** Answers probes within two seconds, whatever hangs. */
export function createReadiness({ readFacts, askQueue }: ReadinessSources) {
  const facts = onceAtATime(readFacts);
  const queue = askQueue === null ? null : onceAtATime(askQueue);
  const queueState = async (): Promise<Reachability> =>
    queue === null ? 'none here' : reachability(queue());
  return {
    queueState,
    /** A stranger is told what kind of thing is wrong, and no name. */
    async check(isStranger: boolean): Promise<Readiness> {
      const [known, queueNow] = await Promise.all([
        within(HEALTH_ANSWER_TIMEOUT_MS, facts()).catch((): WellnessFacts => ({ database: 'unreachable' })),
        queueState(),
      ]);
      const wellness = judge({ ...known, queue: queueNow });
      const problems = wellness.problems.map(({ kind, severity, account, what, cause, mend }) =>
        isStranger ? { kind, severity } : { kind, severity, account, what, cause, mend },
      );
      return { isReady: isReady(wellness), problems };
    },
  };
}

async function reachability(answer: Promise<void>): Promise<Reachability> {
  return within(HEALTH_ANSWER_TIMEOUT_MS, answer).then(
    () => 'ok',
    () => 'unreachable',
  );
}

/** To a place that is away, questions would pile up: whoever asks meanwhile shares the answer. */
export function onceAtATime<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | null = null;
  return () => (asking ??= ask().finally(() => (asking = null)));
}

/** Rejects when `work` takes longer; it goes on. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('It takes too long.')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
