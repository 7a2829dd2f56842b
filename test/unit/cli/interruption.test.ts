import { EventEmitter } from 'node:events';
import { watchForBugs } from '../../../src/cli/bug-watch';
import { watchForInterruption } from '../../../src/cli/interruption';

function watch() {
  const exits: number[] = [];
  const source = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  const time = { nowMs: 0 };
  const firsts: string[] = [];
  const interruption = watchForInterruption(source, { monotonicMs: () => time.nowMs }, (signal) =>
    firsts.push(signal),
  );
  return { source, exits, time, firsts, interruption };
}

describe('Ctrl-C', () => {
  test('asks the program to stop, once', () => {
    const { source, exits, firsts, interruption } = watch();
    expect(interruption.exitCode()).toBeNull();
    source.emit('SIGINT');
    expect([interruption.signal.aborted, interruption.exitCode(), exits, firsts]).toEqual([
      true,
      130,
      [],
      ['SIGINT'],
    ]);
  });

  test('ends the program at once when repeated', () => {
    const { source, exits, time } = watch();
    source.emit('SIGINT');
    time.nowMs = 1_000;
    source.emit('SIGINT');
    expect(exits).toEqual([130]);
  });

  test('counts once if npm passes it on a moment later', () => {
    const { source, exits, time } = watch();
    source.emit('SIGINT');
    time.nowMs = 20;
    source.emit('SIGINT');
    expect(exits).toEqual([]);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('and %s stop cleanly, with the exit codes of shells', (signal, code) => {
    const { source, exits, interruption } = watch();
    source.emit(signal);
    expect([interruption.signal.aborted, interruption.exitCode(), exits]).toEqual([true, code, []]);
    interruption.unwatch();
    expect(source.eventNames()).toEqual([]);
  });
});

describe('an uncaught error', () => {
  test('is reported and ends the program with 1', () => {
    const exits: number[] = [];
    const source = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
    const told: unknown[] = [];
    const unwatch = watchForBugs(source, (error) => told.push(error));
    source.emit('uncaughtException', 'oops');
    expect([told, exits]).toEqual([['oops'], [1]]);
    unwatch();
    expect(source.listenerCount('uncaughtException')).toBe(0);
  });
});
