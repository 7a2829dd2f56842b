import { setMaxListeners } from 'node:events';
import type { Clock } from '../core/clock';

/** SIGHUP: the terminal was closed. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof EXIT_CODES;
const STOP_SIGNALS = Object.keys(EXIT_CODES) as readonly StopSignal[];

/**
 * npm forwards Ctrl-C to a program that already got it from the terminal, so signals this close together count as one.
 */
const SAME_SIGNAL_MS = 500;

/** The part of `process` that is used. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  removeListener(signal: StopSignal, listener: () => void): unknown;
  exit(code: number): void;
}

export interface Interruption {
  /** Aborts on the first signal. */
  readonly signal: AbortSignal;
  /** The conventional exit code of the signal; null if there was none. */
  exitCode(): number | null;
  unwatch(): void;
}

/** Aborts on the first Ctrl-C, SIGTERM or SIGHUP; exits at once on the second, with the signal's code. */
export function watchForInterruption(
  source: SignalSource,
  clock: Pick<Clock, 'monotonicMs'>,
  onFirst: (signal: StopSignal) => void,
): Interruption {
  const controller = new AbortController();
  // Every pending wait adds a listener.
  setMaxListeners(0, controller.signal);
  let first: { readonly signal: StopSignal; readonly atMs: number } | null = null;
  const listen = (signal: StopSignal) => () => {
    const nowMs = clock.monotonicMs();
    if (first === null) {
      first = { signal, atMs: nowMs };
      onFirst(signal);
      controller.abort();
    } else if (nowMs - first.atMs >= SAME_SIGNAL_MS) {
      source.exit(EXIT_CODES[signal]);
    }
  };
  const listeners = STOP_SIGNALS.map((signal) => [signal, listen(signal)] as const);
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return {
    signal: controller.signal,
    exitCode: () => (first === null ? null : EXIT_CODES[first.signal]),
    unwatch() {
      for (const [signal, listener] of listeners) source.removeListener(signal, listener);
    },
  };
}
