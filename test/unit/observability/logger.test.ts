import { KpoolError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';
import type { LogFields } from '../../../src/core/log';
import { createLogger, type LoggerOptions } from '../../../src/observability/logger';
import { createScrubber } from '../../../src/core/redaction';

function record(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({
    level: 'info',
    format: 'json',
    destination: { write: (line) => lines.push(line) },
    scrubber: createScrubber([new Secret('hunter2-secret')]),
    ...options,
  });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
  test('is one JSON line per entry, with level and time', () => {
    const { log, lines, entries } = record();
    log.child({ stream: 'earnings' }).info('Synced', { rows: 3, puid: 9_007_199_254_740_993n });
    log.debug('not shown');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\}\n$/);
    expect(entries()[0]).toMatchObject({
      level: 'info',
      msg: 'Synced',
      stream: 'earnings',
      rows: 3,
      puid: '9007199254740993',
    });
    expect(entries()[0]!['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test('P10 shows an error’s name, code, message and causes only', () => {
    const { log, lines, entries } = record();
    const cause = Object.assign(new Error('connect failed'), {
      code: 'ECONNREFUSED',
      request: { headers: { token: 'abc' } },
    });
    log.error(
      'Failed',
      {},
      new KpoolError('pool.unreachable', 'The pool cannot be reached.', { hint: 'Wait.', cause }),
    );
    expect(entries()[0]!['error']).toEqual({
      name: 'KpoolError',
      code: 'pool.unreachable',
      message: 'The pool cannot be reached.',
      hint: 'Wait.',
      cause: { name: 'Error', code: 'ECONNREFUSED', message: 'connect failed' },
    });
    expect(lines[0]).not.toContain('abc');
  });

  test.each(['json', 'pretty'] as const)('P10 scrubs secrets from every text, in %s', (format) => {
    const { log, lines } = record({ level: 'debug', format });
    log.info(
      'said hunter2-secret',
      { url: 'https://x/?p=hunter2-secret' },
      new Error('hunter2-secret', { cause: 'hunter2-secret' }),
    );
    log.child({ from: 'hunter2-secret' }).warn('child', {}, 'hunter2-secret');
    expect(lines.join('')).toContain('[redacted]');
    expect(lines.join('')).not.toContain('hunter2');
  });

  test('P10 writes no object, even if a cast lets one in', () => {
    const { log, lines } = record();
    log.info('x', { config: { apiKey: 'oops' } } as unknown as LogFields);
    expect(lines[0]).toContain('"config":"[not logged]"');
  });

  test('shows stacks only at level debug', () => {
    const quiet = record();
    quiet.log.error('x', {}, new Error('y'));
    const loud = record({ level: 'debug' });
    loud.log.error('x', {}, new Error('y'));
    expect([quiet.lines[0]!.includes('"stack"'), loud.lines[0]!.includes('"stack"')]).toEqual([false, true]);
  });

  test('survives an error that is its own cause', () => {
    const { log, lines } = record();
    const error = new Error('ring');
    error.cause = error;
    log.error('x', {}, error);
    expect(lines).toHaveLength(1);
  });

  test('is short for people, and no name can steer the terminal', () => {
    const { log, lines } = record({ format: 'pretty' });
    log.warn(
      'Worker seen',
      { worker: 'rig\u001b[2J\n1' },
      new KpoolError('pool.timeout', 'Too slow.', { hint: 'Wait.' }),
    );
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d warn {2}Worker seen worker=rig\\u001b\[2J\\u000a1\n {2}pool\.timeout: Too slow\.\n {2}Wait\.\n$/,
    );
  });

  test('is coloured for people on request', () => {
    const { log, lines } = record({ format: 'pretty', useColour: true });
    log.error('x');
    expect(lines[0]).toContain('\u001b[31m');
  });
});
