import type { Reachability, WellnessFacts } from '../report/wellness/facts';
import { isReady, judge } from '../report/wellness/judge';
import { toPublicProblem, type PublicProblem } from '../report/wellness/problem';

/** Shorter than the usual timeout of probes. */
const HEALTH_ANSWER_TIMEOUT_MS = 1_500;

export interface ReadinessSources {
  /** Rejects while the database is unavailable. */
  readonly readFacts: () => Promise<WellnessFacts>;
  /** Rejects while the queue is unavailable; null if this process runs no jobs. */
  readonly askQueue: (() => Promise<void>) | null;
}

export interface Readiness {
  readonly isReady: boolean;
  /** All problems; only critical ones make the service unready. */
  readonly problems: readonly (PublicProblem | Pick<PublicProblem, 'kind' | 'severity'>)[];
}

/** Answers within two seconds, even if the database or the queue hangs. */
export interface ReadinessCheck {
  queueState(): Promise<Reachability>;
  /** Requests without the token get the kinds of problems, but no names. */
  check(isAnonymous: boolean): Promise<Readiness>;
}

export function createReadiness({ readFacts, askQueue }: ReadinessSources): ReadinessCheck {
  const facts = onceAtATime(readFacts);
  const queue = askQueue === null ? null : onceAtATime(askQueue);
  const queueState = async (): Promise<Reachability> =>
    queue === null ? 'none here' : checkReachability(queue());
  return {
    queueState,
    async check(isAnonymous) {
      const [known, queueNow] = await Promise.all([
        within(HEALTH_ANSWER_TIMEOUT_MS, facts()).catch((): WellnessFacts => ({ database: 'unreachable' })),
        queueState(),
      ]);
      const wellness = judge({ ...known, queue: queueNow });
      const problems = wellness.problems.map((problem) =>
        isAnonymous ? { kind: problem.kind, severity: problem.severity } : toPublicProblem(problem),
      );
      return { isReady: isReady(wellness), problems };
    },
  };
}

async function checkReachability(answer: Promise<void>): Promise<Reachability> {
  return within(HEALTH_ANSWER_TIMEOUT_MS, answer).then(
    () => 'ok',
    () => 'unreachable',
  );
}

/** Runs `ask` at most once at a time; concurrent callers share the result, so that requests do not pile up in an outage. */
export function onceAtATime<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | null = null;
  return () => (asking ??= ask().finally(() => (asking = null)));
}

/** Rejects if `work` takes longer than `ms`; `work` itself continues. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('Timed out.')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
