import { setMaxListeners } from 'node:events';
import type { Clock } from '../core/clock';

/** SIGHUP: the terminal is gone. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof EXIT_CODES;
const STOP_SIGNALS = Object.keys(EXIT_CODES) as readonly StopSignal[];

/**
 * npm passes Ctrl-C on to a program that already got it from the terminal. Signals this close together count as one.
 */
const ONE_WISH_MS = 500;

/** The part of `process` that is needed. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  removeListener(signal: StopSignal, listener: () => void): unknown;
  exit(code: number): void;
}

export interface Interruption {
  /** Fires at the first signal. */
  readonly signal: AbortSignal;
  /** The exit code of a program that a signal ended; null when none came. */
  exitCode(): number | null;
  unwatch(): void;
}

/** Turns the first Ctrl-C, SIGTERM or SIGHUP into an abort, the second into an end at once, with the code of its signal. */
export function watchForInterruption(
  source: SignalSource,
  clock: Pick<Clock, 'monotonicMs'>,
  onFirst: (signal: StopSignal) => void,
): Interruption {
  const controller = new AbortController();
  // Everything that waits listens.
  setMaxListeners(0, controller.signal);
  let first: { readonly signal: StopSignal; readonly atMs: number } | null = null;
  const listen = (signal: StopSignal) => () => {
    const nowMs = clock.monotonicMs();
    if (first === null) {
      first = { signal, atMs: nowMs };
      onFirst(signal);
      controller.abort();
    } else if (nowMs - first.atMs >= ONE_WISH_MS) {
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
