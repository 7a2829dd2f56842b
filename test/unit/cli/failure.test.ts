import { reportFailure } from '../../../src/cli/failure';
import { KpoolError } from '../../../src/core/errors';

const options = { withStack: false, scrub: (text: string) => text.replaceAll('hunter2', '[redacted]') };

describe('a failure', () => {
  test('with a code is one sentence and a hint, without a stack', () => {
    const error = new KpoolError('pool.timeout', 'The pool is slow.', {
      hint: 'Wait.',
      cause: new Error('inner'),
    });
    expect(reportFailure(error, { ...options, withStack: true })).toEqual({
      text: 'kpool: The pool is slow.\n  Wait.',
      json: { error: { code: 'pool.timeout', message: 'The pool is slow.', hint: 'Wait.' } },
      exitCode: 1,
    });
  });

  test.each(['sync.inconsistent', 'sync.superseded', 'sync.limit'] as const)(
    'with only a code (%s) has a hint, too',
    (code) =>
      expect(reportFailure(new KpoolError(code, 'Odd.'), options).text).toMatch(/^kpool: Odd\.\n {2}\w.*\.$/),
  );

  test('of usage or configuration ends with 2', () => {
    expect(reportFailure(new KpoolError('usage.invalid', 'x'), options).exitCode).toBe(2);
  });

  test.each([new TypeError('x is not a function'), new KpoolError('broken-promise', 'It broke.'), 'text'])(
    'that is unexpected is called our bug: %s',
    (error) => {
      const report = reportFailure(error, options);
      expect(report.text).toMatch(
        /^kpool: This is a bug in kpool: .*\n {2}Please report it with the output of LOG_LEVEL=debug/,
      );
      expect([report.exitCode, report.text.includes('\n    at ')]).toEqual([1, false]);
    },
  );

  test('of the database is not called our bug, wherever it occurs', () => {
    const ofServer = Object.assign(new Error('too many connections for role "x"'), {
      name: 'PostgresError',
      code: '53300',
      severity: 'FATAL',
    });
    const ofConnection = Object.assign(new Error('write CONNECTION_CLOSED x:1'), {
      code: 'CONNECTION_CLOSED',
    });
    for (const error of [ofServer, ofConnection]) {
      const { text, json } = reportFailure(error, options);
      expect([text, json.error.code]).toEqual([
        expect.not.stringContaining('bug'),
        expect.stringMatching(/^database\./),
      ]);
    }
  });

  test.each<
    readonly [library: string, fields: Readonly<Record<string, unknown>>, code: string, exitCode: number]
  >([
    ['ioredis', { name: 'ReplyError', message: "NOPERM no permissions to run 'xadd'" }, 'queue.refused', 2],
    ['ioredis', { name: 'ReplyError', message: 'WRONGPASS invalid' }, 'queue.refused', 2],
    ['ioredis', { name: 'ReplyError', message: 'READONLY You cannot write' }, 'queue.refused', 2],
    ['ioredis', { name: 'ReplyError', message: "OOM used memory > 'maxmemory'" }, 'queue.unreachable', 1],
    ['ioredis', { name: 'ReplyError', message: 'ERR never heard of' }, 'queue.unreachable', 1],
    ['ioredis', { name: 'MaxRetriesPerRequestError', message: 'x' }, 'queue.unreachable', 1],
    ['ioredis', { message: 'Connection is closed.' }, 'queue.unreachable', 1],
    ['ioredis', { message: 'Command timed out' }, 'queue.unreachable', 1],
    ['bullmq', { message: 'Missing lock for job 7. extendLock' }, 'queue.unreachable', 1],
    ['bullmq', { message: 'Redis version needs to be greater than 5' }, 'queue.refused', 2],
    ['undici', { name: 'ConnectTimeoutError', code: 'UND_ERR_CONNECT_TIMEOUT' }, 'network.failed', 1],
    ['undici', { name: 'SocketError', code: 'UND_ERR_SOCKET' }, 'network.failed', 1],
    ['undici', { name: 'HTTPParserError', code: 'HPE_INVALID_CONSTANT' }, 'network.failed', 1],
    ['undici', { name: 'TypeError', cause: { code: 'ECONNREFUSED' } }, 'network.failed', 1],
    ['node', { errors: [{ code: 'ENETUNREACH' }] }, 'network.failed', 1],
    ['node', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'network.failed', 1],
    ['node', { code: 'EADDRINUSE' }, 'port.in-use', 2],
    ['fs', { code: 'EACCES' }, 'file.refused', 2],
    ['fs', { code: 'ENOENT' }, 'file.refused', 2],
    ['fs', { code: 'EROFS' }, 'file.refused', 2],
    ['fs', { code: 'ENOSPC' }, 'host.exhausted', 1],
    ['fs', { code: 'EMFILE' }, 'host.exhausted', 1],
  ])('of %s is not called our bug: %j', (_library, fields, code, exitCode) => {
    const report = reportFailure(Object.assign(new Error(), fields), options);
    expect([report.json.error.code, report.exitCode]).toEqual([code, exitCode]);
    expect(report.text).toMatch(/^kpool: (?!.*bug).*\n {2}[A-Z].*\.?$/);
  });

  test.each(['UND_ERR_INVALID_ARG', 'ERR_INVALID_ARG_TYPE', 'EBADF', 'EINVAL'])(
    'that only we can cause is called our bug: %s',
    (code) =>
      expect(reportFailure(Object.assign(new Error('x'), { code }), options).json.error.code).toBe('bug'),
  );

  test('that is unexpected shows its stack on request', () => {
    expect(reportFailure(new TypeError('x'), { ...options, withStack: true }).text).toContain('\n    at ');
  });

  test('P10 shows no secret', () => {
    const errors = [new KpoolError('pool.timeout', 'hunter2', { hint: 'hunter2' }), new Error('hunter2')];
    const shown = errors.map((error) =>
      JSON.stringify(reportFailure(error, { ...options, withStack: true })),
    );
    expect(shown.join('')).not.toContain('hunter2');
  });
});
