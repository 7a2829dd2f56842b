import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { formatJson } from '../../../src/cli/output/json';
import { formatCount, groupDigits } from '../../../src/cli/output/numbers';
import { createOutput, type OutputOptions } from '../../../src/cli/output/output';
import { createProgressReporter } from '../../../src/cli/output/progress';
import { formatTable, numeric } from '../../../src/cli/output/table';
import { formatDuration, formatRelative } from '../../../src/cli/output/times';
import { systemClock } from '../../../src/core/clock';

/** A stream that keeps what is written, and may claim to be a terminal. */
function recorder(isTTY = false) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { stream, text: () => text };
}

const plain = { isTty: false, paintHeading: String };
const tty = { isTty: true, paintHeading: String };

describe('P1 numbers on a terminal', () => {
  test.each([
    ['1234567.000100', '1,234,567.000100'],
    ['-123456', '-123,456'],
    ['999', '999'],
    ['0.123456789012345678', '0.123456789012345678'],
    ['9007199254740993', '9,007,199,254,740,993'],
    ['n/a', 'n/a'],
    ['1e9', '1e9'],
  ])('%s is shown as %s', (text, shown) => expect(groupDigits(text)).toBe(shown));

  test('keep every digit', () => {
    const decimal = fc.stringMatching(/^-?\d{1,25}(\.\d{1,20})?$/);
    fc.assert(fc.property(decimal, (text) => groupDigits(text).replaceAll(',', '') === text));
  });

  test('have a noun in the right number', () => {
    expect([formatCount(1, 'window'), formatCount(0, 'row'), formatCount(2000, 'window')]).toEqual([
      '1 window',
      '0 rows',
      '2,000 windows',
    ]);
  });
});

describe('--json', () => {
  test('keeps its content and steers no terminal', () => {
    const value = {
      name: 'a\u009b2Jb\u202ec\u200bd\u007fe\u{e0041}\u2028\u001b[2J',
      list: ['\ufeff', 'ü矿😀'],
    };
    const text = formatJson(value);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toContain('ü矿😀');
  });
});

describe('a narrow table', () => {
  test('wraps texts, breaks long words, leaves numbers whole', () => {
    const columns = ['name', numeric('amount')];
    const table = formatTable(columns, [['two words andonethatislong', '0.123456789012345678']], {
      ...plain,
      maxWidth: 34,
    });
    expect(table.split('\n').map((line) => line.trimEnd())).toEqual([
      'name                        amount',
      'two words     0.123456789012345678',
      'andonethatis',
      'long',
    ]);
  });
});

describe('times', () => {
  test.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_725_000, '1 h 2 min'],
    [172_800_000 + 10_800_000, '2 days 3 h'],
    [86_400_000 + 59_000, '1 day'],
  ])('%d ms are %s', (ms, shown) => expect(formatDuration(ms)).toBe(shown));

  test('are relative to now', () => {
    expect([formatRelative(0, 240_000), formatRelative(7_200_000, 0), formatRelative(5, 0)]).toEqual([
      '4 min ago',
      'in 2 h',
      'just now',
    ]);
  });
});

describe('a table', () => {
  const columns = ['stream', numeric('rows')];
  const rows = [
    ['earnings', '1234567'],
    ['rewards', null],
  ];

  test('has plain columns and readable numbers in a pipe', () => {
    expect(formatTable(columns, rows, plain)).toBe(
      ['stream       rows', 'earnings  1234567', 'rewards         -'].join('\n'),
    );
  });

  test('groups digits on a terminal', () => {
    expect(formatTable(columns, rows, tty)).toContain('1,234,567');
  });

  test('does not let a foreign name move the cursor', () => {
    expect(formatTable(['worker'], [['a\u001b[2Jb\nc']], tty)).toContain('a\\u001b[2Jb\\u000ac');
  });
});

describe('output', () => {
  function output(options: Partial<OutputOptions> & { readonly isTTY?: boolean } = {}) {
    const [stdout, stderr] = [recorder(options.isTTY), recorder()];
    const scrub = (text: string) => text.replaceAll('hunter2', '[redacted]');
    const out = createOutput({
      stdout: stdout.stream,
      stderr: stderr.stream,
      isJson: false,
      mayColour: true,
      scrub,
      clock: systemClock,
      ...options,
    });
    return { out, stdout, stderr };
  }

  test('is one JSON document with --json, and nothing else', async () => {
    const { out, stdout, stderr } = output({ isJson: true });
    out.note('remark');
    await out.withProgress((progress) => {
      progress.update('earnings', { done: 1, total: 2 });
      return Promise.resolve();
    });
    out.result({ rows: '1' }, () => 'text');
    expect([JSON.parse(stdout.text()), stderr.text()]).toEqual([{ rows: '1' }, '']);
  });

  test('is text otherwise, with remarks apart from results', () => {
    const { out, stdout, stderr } = output();
    out.note('remark');
    out.result({}, () => 'text');
    expect([stdout.text(), stderr.text()]).toEqual(['text\n', 'remark\n']);
  });

  test('P10 is scrubbed', () => {
    const { out, stdout, stderr } = output();
    out.note('hunter2');
    out.warn('hunter2');
    out.result({}, () => 'hunter2');
    expect(stdout.text() + stderr.text()).toBe('[redacted]\n[redacted]\n[redacted]\n');
  });

  test('is coloured only on a terminal, unless the user objects', () => {
    const painted = [output({ isTTY: true }), output(), output({ isTTY: true, mayColour: false })].map(
      ({ out }) => out.colour.red('x'),
    );
    expect(painted).toEqual(['\u001b[31mx\u001b[39m', 'x', 'x']);
  });
});

describe('progress', () => {
  test('is a line now and then in a pipe, and the last state', () => {
    const { stream, text } = recorder();
    let nowMs = 0;
    const progress = createProgressReporter({ mode: 'lines', stream, clock: { monotonicMs: () => nowMs } });
    progress.update('earnings', { done: 1, total: null });
    for (nowMs = 10_000; nowMs <= 60_000; nowMs += 10_000)
      progress.update('earnings', { done: nowMs, total: 90_000 });
    progress.writeBetween('half way\n');
    progress.update('earnings', { done: 80_000, total: 90_000, note: 'slowly' });
    progress.update('rewards', { done: 0, total: 0 });
    progress.stop();
    expect(text().trim().split('\n')).toEqual([
      'earnings: 30,000 of 90,000, 1 min left',
      'earnings: 60,000 of 90,000, 30 s left',
      'half way',
      'earnings: 80,000 of 90,000, 8 s left, slowly',
    ]);
  });

  test('says in a pipe at once, and once, what it waits for', () => {
    const { stream, text } = recorder();
    const progress = createProgressReporter({ mode: 'lines', stream, clock: { monotonicMs: () => 0 } });
    const note = 'waiting for another process';
    for (let n = 0; n < 3; n += 1) progress.update('workers', { done: 0, total: 1, note });
    expect(text()).toBe(`workers: 0 of 1, ${note}\n`);
    progress.stop();
  });

  test('shows the total now and then in a pipe', () => {
    const { stream, text } = recorder();
    let nowMs = 0;
    const progress = createProgressReporter({ mode: 'lines', stream, clock: { monotonicMs: () => nowMs } });
    for (nowMs = 0; nowMs <= 40_000; nowMs += 10_000) {
      progress.update('total', {
        done: nowMs / 20_000,
        total: 8,
        unit: 'streams',
        rows: nowMs,
        isTotal: true,
      });
      progress.update('earnings', { done: nowMs / 10_000, total: 4, rows: nowMs });
    }
    progress.stop();
    expect(text().trim().split('\n')).toEqual([
      'total: 1 of 8 streams, 30,000 rows, 1,000/s',
      'earnings: 4 of 4, 40,000 rows, 1,000/s',
    ]);
  });

  function terminal(rows = 24) {
    const { stream, text } = recorder(true);
    const moves = { cursorTo: () => true, moveCursor: () => true, clearLine: () => true, rows };
    return { stream: Object.assign(stream, moves), text };
  }

  test('is a bar for each name on a terminal', () => {
    const { stream, text } = terminal();
    const progress = createProgressReporter({ mode: 'bars', stream, clock: systemClock });
    progress.writeBetween('before the first bar\n');
    progress.update('earnings', { done: 50, total: 100 });
    progress.update('workers', { done: 3, total: null, note: 'rig\u001b[2J' });
    progress.writeBetween('between the bars\n');
    progress.stop();
    progress.stop();
    expect(text()).toMatch(/^before the first bar\n/);
    expect(text()).toMatch(/earnings +█{6}░{6} {2}50% {2}50 of 100/);
    expect(text()).toMatch(/workers +░{12} +3, rig\\u001b\[2J/);
    expect(text()).toContain('between the bars\u001b[K\n');
    expect(text().split('\u001b[?25h')).toHaveLength(2);
  });

  test('shows no more bars than fit on a terminal', () => {
    const { stream, text } = terminal(6);
    const progress = createProgressReporter({ mode: 'bars', stream, clock: systemClock });
    for (let bar = 0; bar < 100; bar++) progress.update(`scope-${bar}`, { done: 1, total: 2 });
    progress.stop();
    expect(text()).toContain('scope-3 ');
    expect(text()).not.toContain('scope-4 ');
  });

  test('fits share, rate and time into 80 columns of a terminal', () => {
    const { stream, text } = terminal();
    let nowMs = 0;
    const progress = createProgressReporter({
      mode: 'bars',
      stream: Object.assign(stream, { columns: 80 }),
      clock: { monotonicMs: () => nowMs },
    });
    const all = { total: 16, unit: 'streams', rows: 1_234_567, isTotal: true };
    progress.update('total', { ...all, done: 0 });
    progress.update('another-account sub-account-income', { done: 0, total: 168, rows: 0 });
    progress.update('workers', { done: 1, total: 2 });
    nowMs = 600_000;
    progress.update('total', { ...all, done: 4.5 });
    progress.update('another-account sub-account-income', { done: 12, total: 168, rows: 1_234_567 });
    progress.update('workers', { done: 2, total: 2 });
    progress.stop();
    const lines = text()
      .split('\u001b[0K')
      .flatMap((part) => part.split('\n'));
    const plainLines = lines.map((line) => stripVTControlCharacters(line));
    expect(Math.max(...plainLines.map((line) => line.length))).toBeLessThan(80);
    expect(plainLines.filter((line) => line !== '').slice(-2)).toEqual([
      'total                      ██░░░░░░  28%  4 of 16 streams, 1,234,567 rows',
      'anothe… sub-account-income ░░░░░░░░   7%  12 of 168, 1,234,567 rows, 2 h left',
    ]);
  });

  test('lets the log through between the bars', async () => {
    const [stdout, stderr] = [recorder(), terminal()];
    const out = createOutput({
      stdout: stdout.stream,
      stderr: stderr.stream,
      isJson: false,
      mayColour: false,
      scrub: String,
      clock: systemClock,
    });
    await out.withProgress((progress) => {
      progress.update('earnings', { done: 50, total: 100 });
      out.log('a line of the log\n');
      expect(stderr.text()).not.toContain('a line of the log');
      return Promise.resolve();
    });
    expect(stderr.text()).toContain('a line of the log\u001b[K\n');
    out.log('at once\n');
    expect(stderr.text().endsWith('at once\n')).toBe(true);
  });
});
